package inspect_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"rserpool/registrar/inspect"
	"rserpool/registrar/wire"
)

// TestTrees are the spellings of parameters that the vectors do not have.
func TestTrees(t *testing.T) {
	const inREG = `{"param":"pool_element","type":"0x000a","length":%,"pe_id":"0x11223344","home_enrp_server_id":"0x00000000",` +
		`"registration_life":600,"user_transport":`
	for _, tc := range []struct{ name, hex, want string }{
		{
			"DCCP", tlv(3, "00070000", "48545450", v6),
			`{"param":"dccp_transport","type":"0x0003","length":32,"port":7,"reserved":0,"service_code":"0x48545450","addresses":["2001:db8::1"]}`,
		},
		{
			"UDP-Lite", tlv(7, "00070001", v4),
			`{"param":"udp_lite_transport","type":"0x0007","length":16,"port":7,"reserved":1,"addresses":["192.0.2.10"]}`,
		},
		{"opaque", "001000056a", `{"param":"opaque_transport","type":"0x0010","length":5,"data_hex":"6a"}`},
		{
			"private policy", policyOf("b0001001", "010203"),
			`{"param":"policy","type":"0x0008","length":11,"policy_type":"0xb0001001","policy":"0xb0001001","raw_hex":"010203"}`,
		},
		{
			"unknown policy", policyOf("80000001", "010203"),
			`{"param":"policy","type":"0x0008","length":11,"policy_type":"0x80000001","policy":"0x80000001","raw_hex":"010203"}`,
		},
		{
			"private policy with a layout", policyOf("b0001001", "40000000", "80000000"),
			`{"param":"policy","type":"0x0008","length":16,"policy_type":"0xb0001001","policy":"RPLU","load":"0x40000000","load_degradation":"0x80000000","raw_hex":"4000000080000000"}`,
		},
		{
			"private policy with a distance", policyOf("b0002001", "00000005", "40000000", "0000000c"),
			`{"param":"policy","type":"0x0008","length":20,"policy_type":"0xb0002001","policy":"WRAND-DPF","weight":5,"dpf":"0x40000000","distance_milliseconds":12,"raw_hex":"00000005400000000000000c"}`,
		},
		{
			"policy of a wrong length", policyOf("00000001", "00000007"),
			`{"param":"policy","type":"0x0008","length":12,"policy_type":"0x00000001","policy":"RR","raw_hex":"00000007"}`,
		},
		{"policy without type", tlv(8, "0000"), `{"param":"policy","type":"0x0008","length":6,"value_hex":"0000"}`},
		{"checksum of a wrong length", "000f000800000000", `{"param":"pe_checksum","type":"0x000f","length":8,"value_hex":"00000000"}`},
		{"empty cookie", "000d0004", `{"param":"cookie","type":"0x000d","length":4,"cookie_hex":""}`},
		{"address by itself", v4, `{"param":"ipv4_address","type":"0x0001","length":8,"address":"192.0.2.10"}`},
		{"address of a wrong length", "0002000800000000", `{"param":"ipv6_address","type":"0x0002","length":8,"value_hex":"00000000"}`},
		{
			"transport with more than addresses", tlv(4, "00070000", v4, skip, v6),
			`{"param":"sctp_transport","type":"0x0004","length":44,"port":7,"transport_use":0,"addresses":["192.0.2.10","2001:db8::1"],` +
				`"others":[{"param":"unknown","type":"0x8abc","length":7,"value_hex":"616263"}]}`,
		},
		{
			"element with two transports and a broken end", pe("0010000501", "0010000602 03", rr, skip, "00080003"),
			strings.Replace(inREG, "%", "52", 1) +
				`{"param":"opaque_transport","type":"0x0010","length":5,"data_hex":"01"},` +
				`"policy":{"param":"policy","type":"0x0008","length":8,"policy_type":"0x00000001","policy":"RR"},"asap_transport":null,` +
				`"others":[{"param":"opaque_transport","type":"0x0010","length":6,"data_hex":"0203"},` +
				`{"param":"unknown","type":"0x8abc","length":7,"value_hex":"616263"}],"broken_hex":"00080003"}`,
		},
		{
			"element without transports", pe(rr),
			strings.Replace(inREG, "%", "24", 1) +
				`null,"policy":{"param":"policy","type":"0x0008","length":8,"policy_type":"0x00000001","policy":"RR"},"asap_transport":null}`,
		},
		{
			"server information without transport", tlv(11, "01020304", skip),
			`{"param":"server_information","type":"0x000b","length":15,"server_id":"0x01020304","server_transport":null,` +
				`"others":[{"param":"unknown","type":"0x8abc","length":7,"value_hex":"616263"}]}`,
		},
		{
			"causes and a broken end", tlv(12, "00050005aa", "00000003"),
			`{"param":"operation_error","type":"0x000c","length":16,"causes":[{"cause":"0x0005","length":5,"info_hex":"aa"}],"broken_hex":"00000003"}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := unhex(t, msg(0x0f, 0, tc.hex))
			params := inspect.Describe(inspect.ASAP, b).Message.Get("params")
			checkTree(t, params, b)
			if len(params.Nodes) != 1 {
				t.Fatalf("have %d parameters", len(params.Nodes))
			}
			if diff := cmp.Diff(tc.want, string(params.Nodes[0].AppendJSON(nil))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	for _, tc := range []struct{ name, proto, hex, want string }{
		{"nothing", inASAP, "", `{"wire_bytes":0,"problem":"message header: need 4 bytes, have 0"}`},
		{"half a header", inENRP, "0500", `{"wire_bytes":2,"broken_hex":"0500","problem":"message header: need 4 bytes, have 2"}`},
		{
			"length below 4", inASAP, "0500000300",
			`{"name":"HANDLE_RESOLUTION","message_type":5,"flags":"0x00","message_length":3,"wire_bytes":5,"broken_hex":"00",` +
				`"problem":"message header: message length 3 is below 4"}`,
		},
		{
			"fixed part cut", inENRP, "0700000a010203040a0a0000",
			`{"name":"INIT_TAKEOVER","message_type":7,"flags":"0x00","message_length":10,"wire_bytes":12,"sending_server_id":"0x01020304",` +
				`"broken_hex":"0a0a","problem":"INIT_TAKEOVER: need 4 bytes, have 2"}`,
		},
		{
			"bytes behind, no padding", inASAP, "0f00000500 000000 ffff",
			`{"name":"UNKNOWN","message_type":15,"flags":"0x00","message_length":5,"wire_bytes":10,"value_hex":"00","trailing_hex":"ffff",` +
				`"problem":"message: unknown type 0x0f"}`,
		},
		{
			"unknown message that is no parameters", inENRP, "0b00000e010203040a0a0a0affff0000",
			`{"name":"UNKNOWN","message_type":11,"flags":"0x00","message_length":14,"wire_bytes":16,"sending_server_id":"0x01020304",` +
				`"receiving_server_id":"0x0a0a0a0a","value_hex":"ffff","problem":"message: unknown type 0x0b"}`,
		},
		{
			"parameters up to the broken one", inASAP, "0500000c 000d0004 00090003",
			`{"name":"HANDLE_RESOLUTION","message_type":5,"flags":"0x00","message_length":12,"wire_bytes":12,` +
				`"params":[{"param":"cookie","type":"0x000d","length":4,"cookie_hex":""}],"broken_hex":"00090003",` +
				`"problem":"HANDLE_RESOLUTION: expected parameter 0x0009, have 0x000d"}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := unhex(t, strings.ReplaceAll(tc.hex, " ", ""))
			r := inspect.Describe(tc.proto, b)
			checkTree(t, r.Message, b)
			if diff := cmp.Diff(tc.want, string(r.Message.AppendJSON(nil))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A sum over many elements needs more than 32 bits and is shown whole.
func TestChecksumOfMany(t *testing.T) {
	r := inspect.Describe(inspect.Checksum, []byte(strings.Repeat("\xff\xff", 70_000)))
	if raw, sum := r.Message.Get("raw_sum").Value, r.Checksum.String(); raw != "0x1116eee90" || sum != "0x0000" {
		t.Errorf("raw sum %s, checksum %s", raw, sum)
	}
}

func TestUnknownProtocol(t *testing.T) {
	r := inspect.Describe("sctp\x00\xff", nil)
	if want := `unknown protocol "sctp\x00\xff", want asap, enrp or checksum`; r.Class != wire.Malformed || r.Problem != want {
		t.Errorf("%s %q, want %q", r.Class, r.Problem, want)
	}
}

// Any text comes back from the JSON form, and whatever a page adds to a tree.
func TestQuoting(t *testing.T) {
	const hard = "\"\\/\b\n\x00\x1f\u2028é<>"
	n := inspect.Node{Kind: inspect.Object, Nodes: []inspect.Node{{Key: hard, Kind: inspect.Text, Value: hard}}}
	if diff := cmp.Diff(any(map[string]any{hard: hard}), asJSON(t, n)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Words for people stand beside the values and not in the JSON.
func TestNotes(t *testing.T) {
	r := inspect.Describe(inspect.ENRP, unhex(t, msg(3, 0x83, ids, "0009000c4563686f506f6f6c", tlv(10, "00000001", "00000000", "ffffffff", sctp, rr), "c0010004")))
	for path, want := range map[string]string{
		"message_type": "HANDLE_TABLE_RESPONSE",
		"flags":        "R: reject, M: more, bit 7 without a meaning",
	} {
		if got := r.Message.Get(path).Note; got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	params := r.Message.Get("params").Nodes
	for i, want := range []struct{ key, note string }{
		{"handle_hex", `"EchoPool"`}, {"registration_life", "infinite"}, {"param", "skip it and report"},
	} {
		if got := params[i].Get(want.key).Note; got != want.note {
			t.Errorf("%s: %q, want %q", want.key, got, want.note)
		}
	}
}

func TestGuess(t *testing.T) {
	for _, v := range vectors(t) {
		if v.Proto != inspect.Checksum && v.str("decode") == "ok" {
			if got := inspect.Guess(v.bytes(t)); got != v.Proto {
				t.Errorf("%s is taken for %s", v.Name, got)
			}
		}
	}
	if got := inspect.Guess(nil); got != inspect.ASAP {
		t.Errorf("nothing is taken for %s", got)
	}
}

// Elements nested without end are shown to a depth, in proportion to their size.
func TestDepth(t *testing.T) {
	inner := "000d0004"
	for range 100 {
		inner = tlv(10, "11223344", "00000000", "00000258", inner)
	}
	n := inspect.Describe(inspect.ASAP, unhex(t, msg(1, 0, inner))).Message.Get("params").Nodes[0]
	depth := 0
	for n.Get("others").Kind == inspect.List {
		n = n.Get("others").Nodes[0]
		depth++
	}
	if depth != 8 || !strings.HasPrefix(n.Get("value_hex").Value, "1122334400000000") {
		t.Errorf("shown to depth %d, then %.40s", depth, n.AppendJSON(nil))
	}
}
