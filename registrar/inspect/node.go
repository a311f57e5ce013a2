package inspect

import "strconv"

// Kind is what a node of the tree is.
type Kind uint8

// The kinds of nodes, which are those of JSON but for booleans.
const (
	Null Kind = iota
	Text
	Number
	Object
	List
)

// Node is one field of a message.
type Node struct {
	// Key names the field within its object; members of lists have none.
	Key  string
	Kind Kind
	// Value is a text or the digits of a number.
	Value string
	// Note says in words what the value means. It is for people and not part
	// of the JSON form.
	Note string
	// Nodes are the fields of an object or the members of a list, in order.
	Nodes []Node
	// Offset and Size say which bytes of the input the field was read from;
	// Size 0 is a field that has no bytes of its own.
	Offset, Size int
}

// Get gives the field of an object that has the key, a Null node if none has.
func (n Node) Get(key string) Node {
	for _, f := range n.Nodes {
		if f.Key == key {
			return f
		}
	}
	return Node{}
}

func (n *Node) add(fields ...Node) { n.Nodes = append(n.Nodes, fields...) }

func text(key, value string) Node { return Node{Key: key, Kind: Text, Value: value} }

func number(key string, value int) Node {
	return Node{Key: key, Kind: Number, Value: strconv.Itoa(value)}
}

// AppendJSON appends the value of n, without its key, as compact JSON.
func (n Node) AppendJSON(b []byte) []byte {
	switch n.Kind {
	case Text:
		return appendQuoted(b, n.Value)
	case Number:
		return append(b, n.Value...)
	case Object, List:
		return n.appendNodes(b)
	case Null:
	}
	return append(b, "null"...)
}

func (n Node) appendNodes(b []byte) []byte {
	brackets := "{}"
	if n.Kind == List {
		brackets = "[]"
	}
	b = append(b, brackets[0])
	for i, f := range n.Nodes {
		if i > 0 {
			b = append(b, ',')
		}
		if n.Kind == Object {
			b = append(appendQuoted(b, f.Key), ':')
		}
		b = f.AppendJSON(b)
	}
	return append(b, brackets[1])
}

// appendQuoted appends s as a JSON string. All texts of the tree are valid
// UTF-8: names, hex digits, addresses and errors of the codec.
func appendQuoted(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
