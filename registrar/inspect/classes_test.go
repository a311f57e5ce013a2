package inspect_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"rserpool/registrar/inspect"
	"rserpool/registrar/wire"
)

// want is what Describe must make of a message.
type want struct {
	name, proto, hex string
	class            wire.Class
	// reports are the parameters, or the message, that the answer names.
	reports []string
	// lossy is set where re-encoding does not give the message back.
	lossy bool
}

const (
	inASAP, inENRP = inspect.ASAP, inspect.ENRP
	ok             = wire.OK
	invalid        = wire.Invalid
	discard        = wire.Discard
	malformed      = wire.Malformed
)

func check(t *testing.T, rows []want) {
	t.Helper()
	for _, w := range rows {
		t.Run(w.name, func(t *testing.T) {
			b := unhex(t, w.hex)
			r := inspect.Describe(w.proto, b)
			if r.Class != w.class {
				t.Errorf("class %s (%s), want %s\n%s", r.Class, r.Problem, w.class, w.hex)
			}
			if same := hex.EncodeToString(r.Reencoded) == w.hex; r.Class == ok && same == w.lossy {
				t.Errorf("re-encoded\n%x, sent\n%s, want the same: %t", r.Reencoded, w.hex, !w.lossy)
			}
			if got, want := hex.EncodeToString(append(r.Reply, r.ReplyParam...)), answer(w); got != want {
				t.Errorf("answer %s, want %s", got, want)
			}
			asJSON(t, r.Message)
		})
	}
}

// answer is the ASAP_ERROR, or the Operation Error for ENRP, with the reports.
func answer(w want) string {
	if len(w.reports) == 0 {
		return ""
	}
	var causes []string
	for _, r := range w.reports {
		code := uint16(1)
		if strings.HasPrefix(w.hex, r) {
			code = 2
		}
		causes = append(causes, tlv(code, r))
	}
	if w.proto == inASAP {
		return msg(14, 0, tlv(12, causes...))
	}
	return tlv(12, causes...)
}

func TestHeader(t *testing.T) {
	hr := msg(5, 0, handle)
	check(t, []want{
		{"nothing", inASAP, "", malformed, nil, false}, // PAR-4-07
		{"nothing, enrp", inENRP, "", malformed, nil, false},
		{"length 0", inASAP, withLength(0, hr), malformed, nil, false},
		{"length above", inENRP, withLength(16, msg(5, 0, ids)), malformed, nil, false},
		{"length below the fixed part of KA", inASAP, "07000004", malformed, nil, false},
		{"length inside the fixed part of ANN", inASAP, withLength(6, msg(10, 0, "01020304")), malformed, nil, false},
		{"length below the IDs", inENRP, withLength(8, msg(5, 0, ids)), malformed, nil, false},
		{"length below the target", inENRP, withLength(12, msg(7, 0, ids, "7fffffff")), malformed, nil, false},
		{"length below the action", inENRP, withLength(14, msg(4, 0, ids, "00020000", handle, pe(sctp, rr))), malformed, nil, false},
		{"length cuts a parameter", inASAP, withLength(12, hr), malformed, nil, false},
		{"two bytes left over", inASAP, withLength(18, hr+"00000000"), malformed, nil, false},

		{"length counts the padding", inASAP, withLength(16, msg(5, 0, "000900096374726c31")), ok, nil, true}, // PAR-4-02
		{"no padding", inASAP, "0500000d000900096374726c31", ok, nil, true},
		{"half of the padding", inASAP, "0500000d000900096374726c310000", ok, nil, true},
		{"flags without a meaning", inASAP, msg(1, 0xff, handle, pe(sctp, rr)), ok, nil, true}, // PAR-4-03
		{"flags of HR", inASAP, msg(5, 0xfe, handle), ok, nil, true},
		{"a PE identifier behind the message", inASAP, hr + peID, ok, nil, true}, // PAR-4-08
		{"a stop parameter behind the message", inASAP, hr + stop, ok, nil, true},

		{"unknown message 00", inASAP, "0f000004", discard, nil, false}, // PAR-4-04
		{"unknown message 00 that is ENRP's last", inENRP, msg(0x0b, 0, ids), discard, nil, false},
		{"message type 0", inENRP, msg(0, 0, ids), discard, nil, false},
		{"unknown message 01", inASAP, msg(0x4f, 0, handle), discard, []string{msg(0x4f, 0, handle)}, false}, // PAR-4-05 PAR-3.12-03
		{"unknown message 01 without IDs", inENRP, "42000004", discard, []string{"42000004"}, false},
		{"unknown message 10", inASAP, msg(0x9a, 0, handle), discard, nil, false}, // PAR-4-06
		{"unknown message 11", inENRP, msg(0xd2, 0, ids), discard, nil, false},
		{"private feed message", inENRP, msg(0xf0, 0, ids), discard, nil, false},
		{"last private message", inENRP, msg(0xff, 0, ids), discard, nil, false},
		{"unknown message with broken length", inASAP, "4f000003", malformed, nil, false},
	})
}

func TestUnknownParameters(t *testing.T) {
	check(t, []want{
		{"00", inASAP, msg(5, 0, handle, stop), discard, nil, false},                        // PAR-3-04
		{"01", inASAP, msg(5, 0, handle, stopReport), discard, []string{stopReport}, false}, // PAR-3-05
		{"10", inASAP, msg(5, 0, handle, skip), ok, nil, true},                              // PAR-3-06
		{"11", inASAP, msg(5, 0, handle, skipReport), ok, []string{skipReport}, true},       // PAR-3-07
		{"in front", inASAP, msg(5, 0, skipReport, handle), ok, []string{skipReport}, true}, // D-12 of section 14
		{"in place of", inASAP, msg(5, 0, skip), invalid, nil, false},                       // D-12
		{"stop in place of", inASAP, msg(5, 0, stop), discard, nil, false},                  // D-12
		{"type 0", inASAP, msg(5, 0, handle, "00000004"), discard, nil, false},              // PAR-3-09
		{"type 0xffff", inASAP, msg(5, 0, handle, "ffff0004"), ok, []string{"ffff0004"}, true},
		{"action bits are part of the type", inASAP, msg(5, 0, handle, "8009000561"), ok, nil, true},
		{"a known type with report bits", inASAP, msg(5, 0, "c009000561", handle), ok, []string{"c009000561"}, true},

		// PAR-3-08: whatever came before, the message is dropped.
		{"stop at the end of REG", inASAP, msg(1, 0, handle, pe(sctp, rr), "6abc0004"), discard, []string{"6abc0004"}, false},
		{"skip, then stop", inASAP, msg(5, 0, handle, skip, stop), discard, nil, false},
		// PAR-3-12
		{"11 then 01", inASAP, msg(5, 0, "c001000561", handle, stopReport), discard, []string{"c001000561", stopReport}, false},
		{"01 then 11", inASAP, msg(5, 0, handle, stopReport, skipReport), discard, []string{stopReport}, false},
		{"11 then 00", inENRP, msg(5, 0, ids, skipReport, stop), discard, []string{skipReport}, false},
		{"11 then 11", inASAP, msg(5, 0, handle, "d00d0004", "d00e000578"), ok, []string{"d00d0004", "d00e000578"}, true}, // PAR-3.12-02
		{"11 then broken framing", inASAP, msg(5, 0, handle, skipReport, "00090003"), malformed, nil, false},
		{"11 then invalid", inASAP, msg(1, 0, skipReport, "00090004", pe(sctp, rr)), invalid, []string{skipReport}, false},

		{"01 in PE", inASAP, reg(stopReport, sctp, rr), discard, []string{stopReport}, false},
		{"10 in PE", inASAP, reg(sctp, skip, rr), ok, nil, true},
		{"11 at the end of PE", inASAP, reg(sctp, rr, skipReport), ok, []string{skipReport}, true},
		{"00 in a transport in PE", inASAP, reg(tlv(4, "00070000", v4, stop), rr), discard, nil, false},
		{"01 in a transport in PE", inASAP, reg(tlv(5, "00070000", stopReport, v4), rr), discard, []string{stopReport}, false},
		{"10 in a transport in PE", inASAP, reg(tlv(4, "00070000", skip, v4), rr), ok, nil, true},
		{
			"11 in the ASAP transport in PE", inENRP, msg(4, 0, ids, "00000000", handle, pe(sctp, rr, tlv(4, "00070000", v4, skipReport))),
			ok,
			[]string{skipReport},
			true,
		},
		{
			"01 in a transport in server information", inENRP, msg(6, 0, ids, tlv(11, "01020304", tlv(4, "26ad0000", v4, stopReport))),
			discard,
			[]string{stopReport},
			false,
		},
		{
			"11 in server information", inENRP, msg(1, 0, ids, tlv(11, "01020304", skipReport, tlv(4, "26ad0000", v4))),
			ok,
			[]string{skipReport},
			true,
		},

		{"0x803f in HR", inASAP, msg(5, 0, handle, "803f000800000003"), ok, nil, false},
		{"0x803f for all", inASAP, msg(5, 1, handle, "803f0008ffffffff"), ok, nil, false},
		{"0x803f of another length", inASAP, msg(5, 0, handle, "803f00060003"), invalid, nil, false},
		{"0x803f in another message", inASAP, msg(9, 0, handle, peID, "803f000800000003"), ok, nil, true},
		{"0x803f elsewhere of any length", inASAP, msg(1, 0, handle, pe(sctp, rr, "803f0004")), ok, nil, true},
		{"0x003f", inASAP, msg(5, 0, handle, "003f000800000003"), discard, nil, false},

		{"11 in an error message is not answered", inASAP, msg(14, 0, cause9, "c1230004"), ok, nil, true}, // PAR-4-10
		{"01 in an error message is not answered", inENRP, msg(10, 0, ids, "41230004", cause9), discard, nil, false},
	})
}

func TestFraming(t *testing.T) {
	check(t, []want{ // PAR-3-10
		{"length 3 in PE", inASAP, reg("00040003", rr), malformed, nil, false},
		{"transport runs past its PE", inASAP, reg(sctp, "00080010 00000001"), malformed, nil, false},
		{"address runs past its transport", inASAP, reg(tlv(4, "00070000", "00010009c000020a"), rr), malformed, nil, false},
		{"address of length 0", inASAP, reg(tlv(4, "00070000", "00010000c000020a"), rr), malformed, nil, false},
		{"two bytes left in a transport", inASAP, reg(tlv(4, "00070000", v4, "0001"), rr), malformed, nil, false},
		{"two bytes left in a PE", inASAP, reg(sctp, rr, "0001"), malformed, nil, false},
		{"cause of length 3", inASAP, msg(14, 0, "000c0008 00090003"), malformed, nil, false},
		{"cause runs past its error", inENRP, msg(10, 0, ids, "000c0008 00090005"), malformed, nil, false},
		{"two bytes left in an error", inASAP, msg(14, 0, tlv(12, "00090004", "0000")), malformed, nil, false},
		{"server information runs past", inENRP, msg(6, 0, ids, "000b0019 01020304"), malformed, nil, false},
		{"unknown parameter runs past", inASAP, msg(5, 0, handle, "8abc0009 00000000"), malformed, nil, false},
		{"unknown stop parameter runs past", inASAP, msg(5, 0, handle, "01230009 00000000"), malformed, nil, false},

		// The first thing that ends the reading decides.
		{"broken, then stop", inASAP, msg(5, 0, "00090003", stop), malformed, nil, false},
		{"stop, then broken", inASAP, msg(5, 0, stop, "00090003"), discard, nil, false},
		{"invalid, then broken", inASAP, reg(tlv(4, "00070002", v4), "00080003"), invalid, nil, false},
		{"invalid, then stop", inASAP, msg(1, 0, "00090004", stop, pe(sctp, rr)), invalid, nil, false},
		{"PE ID 0, then stop", inASAP, msg(1, 0, handle, tlv(10, "00000000 00000000 00000258", stopReport, sctp, rr)), invalid, nil, false},
		{"stop, then PE ID 0", inASAP, msg(1, 0, handle, stop, zeroPE), discard, nil, false},
		{"two addresses, then stop", inASAP, reg(tlv(5, "00070000", v4, v4, stop), rr), invalid, nil, false},
		{"bad action, then stop", inENRP, msg(4, 0, ids, "00020000", stop, handle, pe(sctp, rr)), invalid, nil, false},
		{"UDP announced, then stop", inASAP, msg(10, 0, "01020304", tlv(6, "00350000", v4), stopReport), invalid, nil, false},
	})
}
