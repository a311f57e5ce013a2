package main

import (
	"encoding/hex"
	"fmt"
	"strings"

	"rserpool/registrar/inspect"
	"rserpool/registrar/wire"
)

// inspectText is the readable form of a described message: what it is and is
// worth, then its fields, indented as they are nested.
func inspectText(r inspect.Result, guessed bool) []byte {
	var b strings.Builder
	as := strings.ToUpper(r.Proto)
	if name := r.Message.Get("name").Value; name != "" {
		as += " " + name
	}
	if guessed {
		as += " (guessed; --proto says otherwise)"
	}
	fmt.Fprintln(&b, as)
	fmt.Fprintf(&b, "decode: %s%s\n", classWords(r.Class), inBrackets(r.Problem))
	appendResult(&b, r, "")
	return []byte(b.String())
}

// appendResult prints the fields of a message and the answer to it.
func appendResult(b *strings.Builder, r inspect.Result, indent string) {
	for _, f := range r.Message.Nodes {
		if f.Key != "name" && f.Key != "problem" {
			appendField(b, f, indent)
		}
	}
	if r.Reply != nil {
		fmt.Fprintf(b, "%sanswer: ASAP_ERROR %s\n", indent, hex.EncodeToString(r.Reply))
	}
	if r.ReplyParam != nil {
		fmt.Fprintf(b, "%sanswer: ENRP_ERROR with %s\n", indent, hex.EncodeToString(r.ReplyParam))
	}
}

func classWords(c wire.Class) string {
	switch c {
	case wire.OK:
		return "ok"
	case wire.Invalid:
		return "invalid: its content must be refused"
	case wire.Discard:
		return "discard: a rule for unknown types drops it"
	case wire.Malformed:
		return "error: its framing is broken"
	}
	return c.String()
}

// appendField prints one field and what is inside it. A parameter is headed by
// its name; its place in the container stands in front.
func appendField(b *strings.Builder, n inspect.Node, indent string) {
	switch n.Kind {
	case inspect.List:
		appendList(b, n, indent)
	case inspect.Object:
		head, fields := "-", n.Nodes
		if n.Key != "" {
			head = n.Key + ":"
		}
		if len(fields) > 0 && fields[0].Key == "param" {
			head += " " + fields[0].Value + inBrackets(fields[0].Note)
			fields = fields[1:]
		}
		fmt.Fprintf(b, "%s%s\n", indent, head)
		for _, f := range fields {
			appendField(b, f, indent+"  ")
		}
	case inspect.Null:
		fmt.Fprintf(b, "%s%s: none\n", indent, n.Key)
	case inspect.Text, inspect.Number:
		fmt.Fprintf(b, "%s%s: %s%s\n", indent, n.Key, n.Value, inBrackets(n.Note))
	}
}

func appendList(b *strings.Builder, n inspect.Node, indent string) {
	if len(n.Nodes) == 0 {
		fmt.Fprintf(b, "%s%s: none\n", indent, n.Key)
		return
	}
	if n.Nodes[0].Kind != inspect.Object {
		var words []string
		for _, m := range n.Nodes {
			words = append(words, m.Value)
		}
		fmt.Fprintf(b, "%s%s: %s\n", indent, n.Key, strings.Join(words, ", "))
		return
	}
	fmt.Fprintf(b, "%s%s:\n", indent, n.Key)
	for _, m := range n.Nodes {
		appendField(b, m, indent+"  ")
	}
}

func inBrackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}
