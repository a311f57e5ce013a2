package inspect_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"rserpool/registrar/inspect"
)

// noted gives the notes of a message: weight, bytes and head of each.
func noted(t testing.TB, proto, hex string) (list []string, texts string) {
	t.Helper()
	b := unhex(t, strings.ReplaceAll(hex, " ", ""))
	for _, n := range inspect.Notes(inspect.Read(proto, b), b) {
		list = append(list, fmt.Sprintf("%s %d+%d %s", [...]string{"reading", "odd", "fault"}[n.Weight], n.Offset, n.Size, n.Head))
		texts += n.Text + "\n"
	}
	return list, texts
}

func TestNotesOfMessages(t *testing.T) {
	const dirty = "0009000c4563686f506f6f6c" // no padding
	for _, tc := range []struct {
		name, proto, hex string
		want             []string
		says             string // in the texts
	}{
		{"nothing to say", inASAP, reg(sctp, rr), nil, ""},
		{"broken framing", inASAP, "0500000300", []string{"fault 0+0 Framing is broken"}, "RFC 5354, sections 3 and 4"},
		{"refused content", inASAP, reg(rr), []string{"fault 0+0 Refused content"}, "RFC 5354, section 3.12.4"},
		{"unknown message", inASAP, msg(0x0f, 0), []string{"fault 0+0 Dropped by a rule"}, "unknown type 0x0f"},
		{"flag of ASAP", inASAP, "05800010" + dirty, []string{"odd 1+1 Flag without a meaning"}, "RFC 5352, section 2.2"},
		{"flag of ENRP", inENRP, msg(5, 4, ids), []string{"odd 1+1 Flag without a meaning"}, "RFC 5353, section 2"},
		{"RSPLIB's flag", inENRP, msg(4, 1, ids, "00000000", handle, pe(sctp, rr)), []string{"reading 1+1 Takeover suggested"}, "RSPLIB"},
		{"reserved field", inENRP, msg(4, 0, ids, "00000007", handle, pe(sctp, rr)), []string{"odd 14+2 Reserved field is not zero"}, "RFC 5353, section 2"},
		{"PE identifier in a keep-alive", inASAP, msg(7, 0, "01020304", handle, peID), []string{"reading 20+8 PE Identifier in a keep-alive"}, "RFC 5352, section 2.2.7"},
		{"bytes behind", inASAP, "05000010" + dirty + "ffffffff", []string{"odd 16+4 Bytes behind the message"}, "RFC 5354, section 4"},
		{"length with padding", inASAP, "05000014 0009000d4563686f506f6f6c31000000", []string{"reading 2+2 Length counts the final padding"}, "sections 2 and 4"},
		{"dirty padding", inASAP, "05000011 0009000d4563686f506f6f6c31000020", []string{"odd 19+1 Padding is not zero"}, "Byte 19 is 0x20"},
		{"rejected by a peer", inENRP, msg(3, 1, ids), []string{"fault 1+1 Rejected"}, "RFC 5353, section 3.2.2"},
		{"rejected without a cause", inASAP, msg(3, 1, handle, peID), []string{"fault 1+1 Rejected without a cause"}, "RFC 5352, section 2.2.3"},
		{"rejected with a cause", inASAP, msg(3, 1, handle, peID, cause9), []string{"fault 28+4 Unknown pool handle"}, "cause 0x0009 (RFC 5354, section 3.12.11)"},
		{"causes 9 and 10 have each other's section", inASAP, msg(3, 1, handle, peID, tlv(12, "000a0004", "00090004")), []string{
			"fault 28+4 Rejected due to security", "fault 32+4 Unknown pool handle",
		}, "cause 0x000a (RFC 5354, section 3.12.10)"},
		{"cause that nobody defines", inASAP, msg(3, 1, handle, peID, tlv(12, "00420004")), []string{"fault 28+4 Error cause 0x0042"}, "unspecified"},
		{"unknown parameter", inASAP, msg(5, 0, handle, skipReport), []string{"odd 16+8 Unknown parameter 0xc456"}, "skip it and report"},
		{"number of elements", inASAP, msg(5, 0, handle, "803f000800000003"), []string{"reading 16+8 Number of elements wanted"}, "RSPLIB"},
		{"private policy", inASAP, reg(sctp, policyOf("b0001001", "010203")), []string{"reading 48+11 Policy beyond RFC 5356"}, "RFC 5356, section 6"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, texts := noted(t, tc.proto, tc.hex)
			if diff := cmp.Diff(tc.want, got); diff != "" || !strings.Contains(texts, tc.says) {
				t.Errorf("(-want +got):\n%s\ntexts, want %q in them:\n%s", diff, tc.says, texts)
			}
		})
	}
}

// Requests know the name of their answer; a presence only if it wants one.
func TestAnswer(t *testing.T) {
	for _, tc := range []struct{ proto, hex, want string }{
		{inASAP, reg(sctp, rr), "REGISTRATION_RESPONSE"},
		{inASAP, msg(2, 0, handle, peID), "DEREGISTRATION_RESPONSE"},
		{inASAP, msg(5, 0, handle), "HANDLE_RESOLUTION_RESPONSE"},
		{inASAP, msg(7, 0, "01020304", handle), "ENDPOINT_KEEP_ALIVE_ACK"},
		{inASAP, msg(3, 0, handle, peID), ""},
		{inENRP, msg(2, 0, ids), "HANDLE_TABLE_RESPONSE"},
		{inENRP, msg(5, 0, ids), "LIST_RESPONSE"},
		{inENRP, msg(7, 0, ids, "00000007"), "INIT_TAKEOVER_ACK"},
		{inENRP, msg(1, 1, ids, info), "PRESENCE"},
		{inENRP, msg(1, 0, ids, info), ""},
		{inENRP, "", ""},
	} {
		b := unhex(t, strings.ReplaceAll(tc.hex, " ", ""))
		if got := inspect.Answer(inspect.Read(tc.proto, b).Message); got != tc.want {
			t.Errorf("%s %s is answered by %q, want %q", tc.proto, tc.hex, got, tc.want)
		}
	}
}

// Whatever comes, notes point into it, and Read tells what Describe does.
func TestNotesOfAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 80).Draw(t, "bytes")
		if len(b) > 3 {
			b[0], b[2], b[3] = b[0]%16, 0, byte(rapid.IntRange(0, len(b)+4).Draw(t, "length"))
		}
		proto := rapid.SampledFrom([]string{inASAP, inENRP}).Draw(t, "proto")
		got, want := inspect.Read(proto, b), inspect.Describe(proto, b)
		want.Reencoded, want.Reply, want.ReplyParam = nil, nil, nil
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("Read (-Describe +Read):\n%s", diff)
		}
		for _, n := range inspect.Notes(got, b) {
			if n.Offset < 0 || n.Size < 0 || n.Offset+n.Size > len(b) || n.Head == "" || n.Text == "" {
				t.Fatalf("note %+v about %d bytes", n, len(b))
			}
		}
	})
}
