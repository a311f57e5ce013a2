package view

import (
	"strconv"
	"strings"
	"time"

	"rserpool/registrar/inspect"
	"rserpool/registrar/replica"
	"rserpool/registrar/wire"
)

// maxFields is how many fields of one message are listed: more than a screen holds,
// where a table may have thousands.
const maxFields = 400

// MessageDetail is the chosen message: its fields, its bytes and what is to know.
type MessageDetail struct {
	Shown     bool
	Head, Sub string
	// Hex is all bytes for the clipboard, Command decodes them elsewhere.
	Hex, Command string
	// Pair says which message it answers or is answered by, at PairURL.
	Pair, PairURL string
	// More says what of the message is not shown.
	More   string
	Fields []FieldRow
	Lines  []HexLine
	Notes  []NoteRow
}

func (d MessageDetail) slots(set Set) {
	set("message.none", yes(!d.Shown))
	set("message.head", d.Head)
	set("message.sub", d.Sub)
	set("message.hex", d.Hex)
	set("message.command", d.Command)
	set("message.pair", d.Pair)
	set("message.pair.url", d.PairURL)
	set("message.pair.off", yes(d.PairURL == ""))
	set("message.more", d.More)
	set("message.empty", yes(d.Hex == ""))
}

// FieldRow is one field in the tree.
type FieldRow struct {
	Index               int
	Label, Value, Range string
	Class, Level        string
	Chosen, Focus       bool
}

// Key is the field's place in the tree.
func (r FieldRow) Key() string { return strconv.Itoa(r.Index) }

// Slots gives the values of the row.
func (r FieldRow) Slots(set Set) {
	set("label", r.Label)
	set("value", r.Value)
	set("range", r.Range)
	set("class", r.Class)
	set("level", r.Level)
	set("chosen", r.Aria())
	set("tab", r.Tab())
}

// Aria is the value of aria-selected.
func (r FieldRow) Aria() string {
	if r.Chosen {
		return "true"
	}
	return "false"
}

// Tab is the value of tabindex: one row is in the tab order.
func (r FieldRow) Tab() string {
	if r.Focus {
		return "0"
	}
	return "-1"
}

// NoteRow is something to know about the message.
type NoteRow struct{ Index, Class, Icon, Head, Text string }

// Key tells the notes apart.
func (r NoteRow) Key() string { return r.Index }

// Slots gives the values of the row.
func (r NoteRow) Slots(set Set) {
	set("class", r.Class)
	set("icon", r.Icon)
	set("head", r.Head)
	set("text", r.Text)
}

// field is a stretch of the message under a name, with the place of what contains
// it.
type field struct {
	label, value string
	at, size     int
	depth, up    int
	odd          bool
}

func detail(r *replica.Replica, m *replica.Message, now time.Time, q Query) MessageDetail {
	s := m.Memo.(*messageMemo)
	res, notes := described(m)
	fields, more := fieldsOf(res, m, r.Self())
	for _, n := range notes {
		mark(fields, n)
	}
	d := MessageDetail{
		Shown: true, Head: "No. " + Number(int(m.Number)) + ", " + s.name, Hex: wire.Hex([]byte(m.Data)), //nolint:gosec // a count
	}
	d.Sub = plural(int(m.Length), "byte", "bytes") + ", " + passage(m)
	d.Command = "registrar inspect --proto " + res.Proto + " " + d.Hex
	if s.partner != 0 {
		to := q
		to.Message, to.Field = s.partner, 0
		d.PairURL = q.link(to)
		d.Pair = "Answered by no. " + Number(int(s.partner)) + " after " + took(s.took) //nolint:gosec // a count
		if s.answers {
			d.Pair = "Answers no. " + Number(int(s.partner)) + ", " + took(s.took) + " later" //nolint:gosec // a count
		}
	} else if b := s.badge(m, now); b.Word == "No answer yet" {
		notes = append(notes, inspect.Note{Weight: inspect.Odd, Head: b.Word, Text: "Nothing came back in the messages that are here, " + Span(now.Sub(m.At())) + " after it."})
	}
	chosen := clampField(q.Field, len(fields))
	lit := chosen
	if q.Preview > 0 {
		lit = clampField(q.Preview-1, len(fields))
	}
	d.More = more
	for i, f := range fields {
		row := FieldRow{Index: i, Label: f.label, Value: f.value, Range: f.span(), Level: strconv.Itoa(f.depth + 1), Chosen: i == chosen, Focus: i == lit}
		row.Class = "field d" + strconv.Itoa(min(f.depth, 7))
		if f.odd {
			row.Class += " odd"
		}
		if i == lit {
			row.Class += " lit"
		}
		d.Fields = append(d.Fields, row)
	}
	d.Lines = hexLines([]byte(m.Data), fields, lit, chosen)
	if hidden := len(m.Data) - len(d.Lines)*lineBytes; hidden > 0 {
		d.More = strings.TrimSpace(d.More + " Bytes: those around the chosen field, of " + Number(len(m.Data)) + ".")
	}
	for i, n := range notes {
		row := NoteRow{strconv.Itoa(i), "message-note reading", "#i-unknown", n.Head + ".", n.Text}
		switch n.Weight {
		case inspect.Fault:
			row.Class, row.Icon = "message-note bad", "#i-dead"
		case inspect.Odd:
			row.Class, row.Icon = "message-note warn", "#i-suspect"
		case inspect.Reading:
		}
		d.Notes = append(d.Notes, row)
	}
	return d
}

func clampField(i, n int) int { return max(0, min(i, n-1)) }

// passage says how a message went.
func passage(m *replica.Message) string {
	ppid, text := "11", ""
	if m.ENRP {
		ppid = "12"
	}
	switch {
	case m.Group:
		text = "datagram of a group"
	case m.Stream:
		text = "over TCP, association " + strconv.FormatUint(m.Association, 10)
	default:
		text = "PPID " + ppid + ", association " + strconv.FormatUint(m.Association, 10)
	}
	from, to := m.Local, m.Remote
	if !m.Out {
		from, to = to, from
	}
	if from.IsValid() && to.IsValid() {
		text += ", " + from.String() + " to " + to.String()
	}
	return text
}

func (f field) span() string {
	switch f.size {
	case 0:
		return ""
	case 1:
		return strconv.Itoa(f.at)
	default:
		return strconv.Itoa(f.at) + "–" + strconv.Itoa(f.at+f.size-1)
	}
}

// fieldsOf lists the tree in the order of the bytes.
func fieldsOf(r inspect.Result, m *replica.Message, self wire.ServerID) (list []field, more string) {
	l := lister{self: self.String(), b: []byte(m.Data)}
	l.fields = []field{{label: strings.ToUpper(r.Proto), value: r.Message.Get("name").Value, size: len(m.Data), up: -1}}
	l.children(r.Message, 1, 0)
	if len(l.fields) > maxFields {
		more = "Fields: the first " + Number(maxFields) + " of " + Number(len(l.fields)) + "."
		l.fields = l.fields[:maxFields]
	}
	return l.fields, more
}

type lister struct {
	self   string
	b      []byte
	fields []field
}

func (l *lister) children(n inspect.Node, depth, up int) {
	for _, c := range n.Nodes {
		switch {
		case c.Kind == inspect.List:
			l.children(c, depth, up) // its members say what they are
		case c.Kind == inspect.Object:
			l.parameter(c, depth, up)
		case c.Size > 0 && c.Key != "type" && c.Key != "length":
			l.fields = append(l.fields, field{label: label(c.Key, "Address"), value: l.value(c), at: c.Offset, size: c.Size, depth: depth, up: up})
		}
	}
}

// parameter adds one, what is in it, and its padding if that is not zero.
func (l *lister) parameter(n inspect.Node, depth, up int) {
	name := n.Get("param").Value
	f := field{label: label(n.Key, ""), at: n.Offset, size: n.Size, depth: depth, up: up}
	switch {
	case f.label == "" && name == "":
		f.label = "Error cause"
	case f.label == "":
		f.label = label(name, "")
	}
	f.value = l.summary(n, name)
	own := len(l.fields)
	l.fields = append(l.fields, f)
	if !leaf(name) {
		l.children(n, depth+1, own)
	}
	end := n.Offset + n.Size
	if padded := min(wire.Padded(end), len(l.b)); strings.Trim(string(l.b[min(end, padded):padded]), "\x00") != "" {
		l.fields = append(l.fields, field{label: "Padding", value: "0x" + wire.Hex(l.b[end:padded]), at: end, size: padded - end, depth: depth, up: up})
	}
}

// leaf reports whether a parameter has one value, which stands beside its name.
func leaf(name string) bool {
	switch name {
	case "pool_handle", "pe_identifier", "pe_checksum", "ipv4_address", "ipv6_address":
		return true
	}
	return false
}

// summary is what stands beside the name of a parameter.
func (l *lister) summary(n inspect.Node, name string) string {
	switch name {
	case "pool_handle":
		return Handle(handleOf(n, l.b))
	case "pe_identifier", "pool_element":
		return n.Get("pe_id").Value
	case "pe_checksum":
		return n.Get("checksum").Value
	case "ipv4_address", "ipv6_address":
		return n.Get("address").Value
	case "server_information":
		return l.value(n.Get("server_id"))
	case "policy":
		return n.Get("policy").Value
	case "unknown":
		return n.Get("type").Value
	case "":
		return n.Get("cause").Value + " " + n.Get("cause").Note
	}
	if port := n.Get("port"); port.Kind == inspect.Number {
		text := strings.TrimSuffix(name, "_transport") + " :" + port.Value
		if a := n.Get("addresses").Nodes; len(a) > 0 {
			text = strings.TrimSuffix(name, "_transport") + " " + a[0].Value + " port " + port.Value
			if len(a) > 1 {
				text += " +" + strconv.Itoa(len(a)-1)
			}
		}
		return text
	}
	return ""
}

// value is a field's value with what it means. Long bytes are cut: they stand
// beside in full.
func (l *lister) value(n inspect.Node) string {
	const most = 48
	text := n.Value
	if len(text) > most {
		text = text[:most] + "…"
	}
	switch {
	case n.Value == l.self && strings.HasSuffix(n.Key, "server_id"):
		text += ", this registrar"
	case n.Key == "update_action":
		text += ", " + action(n)
	case n.Key == "registration_life" && n.Note == "":
		text += " s"
	}
	if n.Note != "" {
		text += ", " + n.Note
	}
	return text
}

// action names what a HANDLE_UPDATE does.
func action(n inspect.Node) string {
	switch n.Value {
	case "0":
		return "ADD_PE"
	case "1":
		return "DEL_PE"
	default:
		return "unknown"
	}
}

// labels are the names for people where the key is none.
var labels = [...]struct{ key, text string }{
	{"sending_server_id", "Sender"},
	{"receiving_server_id", "Receiver"},
	{"targeting_server_id", "Target"},
	{"server_id", "Server ID"},
	{"pe_id", "PE ID"},
	{"home_enrp_server_id", "Home registrar"},
	{"update_action", "Action"},
	{"message_length", "Length"},
	{"message_type", "Type"},
	{"asap_transport", "ASAP transport"},
	{"policy", "Member Selection Policy"},
	{"pe_identifier", "PE Identifier"},
	{"pe_checksum", "PE Checksum"},
	{"pool_handle", "Pool Handle"},
	{"pool_element", "Pool Element"},
	{"server_information", "Server Information"},
	{"operation_error", "Operation Error"},
	{"info_hex", "Information"},
	{"raw_hex", "Data"},
	{"value_hex", "Value"},
	{"broken_hex", "Broken framing"},
	{"trailing_hex", "Behind the message"},
	{"cookie_hex", "Bytes"},
	{"data_hex", "Data"},
	{"handle_resolution_option(private)", "Handle Resolution Option"},
}

func label(key, none string) string {
	if key == "" {
		return none
	}
	for _, l := range labels {
		if l.key == key {
			return l.text
		}
	}
	text := strings.ReplaceAll(key, "_", " ")
	return strings.ToUpper(text[:1]) + text[1:]
}

// mark flags the innermost field that a note is about.
func mark(fields []field, n inspect.Note) {
	if n.Weight == inspect.Reading || n.Size == 0 {
		return
	}
	if i := innermost(fields, n.Offset); i > 0 && fields[i].at >= n.Offset {
		fields[i].odd = true
	} else {
		for i := range fields {
			if fields[i].at == n.Offset && fields[i].size == n.Size && i > 0 {
				fields[i].odd = true
			}
		}
	}
}

// innermost is the smallest field that holds the byte at an offset.
func innermost(fields []field, offset int) int {
	best := 0
	for i, f := range fields {
		if f.at <= offset && offset < f.at+f.size && f.size <= fields[best].size {
			best = i
		}
	}
	return best
}
