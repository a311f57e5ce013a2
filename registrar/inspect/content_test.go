package inspect_test

import (
	"strings"
	"testing"
)

func policyOf(parts ...string) string { return tlv(8, parts...) }

func TestAddresses(t *testing.T) {
	check(t, []want{
		{"IPv6", inASAP, reg(tlv(4, "00070000", v6), rr), ok, nil, false}, // PAR-3.2-01
		{"IPv4-mapped IPv6 stays IPv6", inASAP, reg(tlv(4, "00070000", "00020014 00000000000000000000ffffc000020a"), rr), ok, nil, false},
		{"IPv4 of 3 bytes", inASAP, reg(tlv(4, "00070000", "00010007c00002"), rr), invalid, nil, false}, // PAR-3.1-01
		{"IPv4 of 5 bytes", inASAP, reg(tlv(4, "00070000", "00010009c000020a00"), rr), invalid, nil, false},
		{"IPv4 of 8 bytes", inASAP, reg(tlv(4, "00070000", "0001000cc000020a00000000"), rr), invalid, nil, false},
		{"IPv4 of no bytes", inASAP, reg(tlv(4, "00070000", "00010004"), rr), invalid, nil, false},
		{"IPv6 of 4 bytes", inASAP, reg(tlv(4, "00070000", "00020008c000020a"), rr), invalid, nil, false}, // PAR-3.2-01
		{"IPv6 of 20 bytes", inASAP, reg(tlv(4, "00070000", "00020018"+strings.Repeat("11", 20)), rr), invalid, nil, false},
		{"IPv4 of 16 bytes", inASAP, reg(tlv(4, "00070000", "00010014"+strings.Repeat("11", 16)), rr), invalid, nil, false},
		{"bad address of a server", inENRP, msg(6, 0, ids, tlv(11, "01020304", tlv(4, "26ad0000", "0001000700000000"))), invalid, nil, false},
	})
}

func TestTransports(t *testing.T) {
	dccp := func(parts ...string) string { return tlv(3, append([]string{"00070000", "48545450"}, parts...)...) }
	check(t, []want{
		{"DCCP IPv4", inASAP, reg(dccp(v4), rr), ok, nil, false}, // PAR-3.3-01
		{"DCCP IPv6", inASAP, reg(dccp(v6), rr), ok, nil, false},
		{"DCCP with two addresses", inASAP, reg(dccp(v4, v6), rr), invalid, nil, false},
		{"DCCP without address", inASAP, reg(dccp(), rr), invalid, nil, false},
		{"DCCP without service code", inASAP, reg(tlv(3, "00070000"), rr), invalid, nil, false},
		{"DCCP with reserved bits", inASAP, reg(tlv(3, "00070001", "48545450", v4), rr), ok, nil, true},
		{"SCTP multi-homed", inASAP, reg(tlv(4, "00070001", v6, v4, "00010008c000020b"), rr), ok, nil, false}, // PAR-3.4-01
		{"SCTP without address", inASAP, reg(tlv(4, "00070000"), rr), invalid, nil, false},
		{"SCTP without use", inASAP, reg("000400060007", rr), invalid, nil, false},
		{"SCTP of nothing", inASAP, reg("00040004", rr), invalid, nil, false},
		{"SCTP use 2", inASAP, reg(tlv(4, "00070002", v4), rr), invalid, nil, false}, // PAR-3.4-02
		{"SCTP use 0xffff", inENRP, msg(1, 0, ids, tlv(11, "01020304", tlv(4, "26adffff", v4))), invalid, nil, false},
		{"SCTP with a handle inside", inASAP, reg(tlv(4, "00070000", handle), rr), invalid, nil, false},
		{"SCTP with a handle behind the address", inASAP, reg(tlv(4, "00070000", v4, handle), rr), invalid, nil, false},
		{"TCP IPv6", inASAP, reg(tlv(5, "00070000", v6), rr), ok, nil, false}, // PAR-3.5-01
		{"TCP with a use", inASAP, reg(tlv(5, "00070001", v4), rr), ok, nil, true},
		{"TCP with reserved 0xffff", inASAP, reg(tlv(5, "0007ffff", v4), rr), ok, nil, true},
		{"TCP with two addresses", inASAP, reg(tlv(5, "00070000", v4, v4), rr), invalid, nil, false},
		{"TCP without address", inASAP, reg(tlv(5, "00070000"), rr), invalid, nil, false},
		{"UDP with two addresses", inASAP, reg(tlv(6, "00070000", v6, v4), rr), invalid, nil, false},
		{"UDP-Lite", inASAP, reg(tlv(7, "00070000", v4), rr), ok, nil, false},
		{"UDP-Lite without address", inASAP, reg(tlv(7, "00070000"), rr), invalid, nil, false},
		{"opaque of 0 bytes", inASAP, reg("00100004", rr), ok, nil, false},  // PAR-3.16-01
		{"opaque of 1 byte", inASAP, reg("0010000501", rr), ok, nil, false}, // PAR-2-02
		{"opaque of 2 bytes", inASAP, reg("001000060102", rr), ok, nil, false},
		{"opaque of 3 bytes", inASAP, reg("00100007010203", rr), ok, nil, false},
		{"two user transports", inASAP, reg(sctp, sctp, rr), invalid, nil, false}, // PAR-3.10-02
		{"two user transports of two kinds", inENRP, msg(4, 0, ids, "00000000", handle, pe(sctp, tcp, rr)), invalid, nil, false},
		{"no user transport", inASAP, reg(rr), invalid, nil, false},
		{"no user transport but ASAP's", inASAP, reg(rr, sctp), invalid, nil, false},
		{"ASAP transport", inASAP, reg(tcp, rr, sctp), ok, nil, false},          // PAR-3.10-01
		{"ASAP transport TCP", inASAP, reg(sctp, rr, tcp), invalid, nil, false}, // PAR-3.10-03
		{"ASAP transport opaque", inASAP, reg(sctp, rr, "0010000501"), invalid, nil, false},
		{"two ASAP transports", inASAP, reg(sctp, rr, sctp, sctp), invalid, nil, false},
		{"ASAP transport of use 1", inASAP, reg(sctp, rr, tlv(4, "00070001", v4)), ok, nil, false},
		{"server information with TCP", inENRP, msg(6, 0, ids, tlv(11, "01020304", tcp)), invalid, nil, false}, // PAR-3.11-01
		{"server information without transport", inENRP, msg(1, 0, ids, tlv(11, "01020304")), invalid, nil, false},
		{"server information without ID", inENRP, msg(1, 0, ids, "000b00060102"), invalid, nil, false},
		{"server information with two transports", inENRP, msg(6, 0, ids, tlv(11, "01020304", sctp, sctp)), invalid, nil, false},
		{"announced UDP", inASAP, msg(10, 0, "01020304", tlv(6, "00350000", v4)), invalid, nil, false}, // ASAP-6.6-10
		{"announced UDP and SCTP", inASAP, msg(10, 0, "01020304", tlv(6, "00350000", v4), sctp), invalid, nil, false},
		{"announced opaque", inASAP, msg(10, 0, "01020304", "0010000501"), invalid, nil, false},
		{"announced TCP", inASAP, msg(10, 0, "01020304", tcp), ok, nil, false},
	})
}

func TestPolicies(t *testing.T) {
	one, two, three := []string{"00000001"}, []string{"00000001", "00000002"}, []string{"1", "2", "3"}
	for i := range three {
		three[i] = "0000000" + three[i]
	}
	var rows []want
	for _, p := range []struct {
		typ    string
		fields []string
	}{ // PAR-3.8-01 PAR-3.8-02
		{"00000001", nil},
		{"00000002", one},
		{"00000003", nil},
		{"00000004", one},
		{"00000005", one},
		{"40000001", one},
		{"40000002", two},
		{"40000003", two},
		{"40000004", one},
	} {
		exact := append([]string{p.typ}, p.fields...)
		rows = append(rows,
			want{p.typ, inASAP, reg(sctp, policyOf(exact...)), ok, nil, false},
			want{p.typ + " longer", inASAP, reg(sctp, policyOf(append(exact, "00000000")...)), invalid, nil, false},
			want{p.typ + " longer by 1", inASAP, reg(sctp, policyOf(append(exact, "00")...)), invalid, nil, false},
		)
		if len(p.fields) > 0 {
			rows = append(rows, want{p.typ + " shorter", inASAP, reg(sctp, policyOf(exact[:len(exact)-1]...)), invalid, nil, false})
		}
	}
	check(t, append(rows, []want{
		{"type 0", inASAP, reg(sctp, policyOf("00000000")), invalid, nil, false},
		{"type 0 in ENRP", inENRP, msg(4, 0, ids, "00000000", handle, pe(sctp, policyOf("00000000"), sctp)), invalid, nil, false},
		{"adaptive type 0", inASAP, reg(sctp, policyOf("40000000", "00000001")), invalid, nil, false},
		{"of 2 bytes", inASAP, reg(sctp, "000800060000"), invalid, nil, false},
		{"of nothing", inASAP, reg(sctp, "00080004"), invalid, nil, false},
		{"missing", inASAP, reg(sctp), invalid, nil, false},
		{"twice", inASAP, reg(sctp, rr, rr), invalid, nil, false},
		{"private", inASAP, reg(sctp, policyOf("80000001", "deadbeef")), ok, nil, false},
		{"private without data", inASAP, reg(sctp, policyOf("80000000")), ok, nil, false},
		{"private of odd length", inASAP, reg(sctp, policyOf("b0001001", "010203"), sctp), ok, nil, false},
		{"RSPLIB's distance policy", inENRP, msg(3, 0, ids, handle, pe(sctp, policyOf("b0002003", "01", "02", "03"), sctp)), ok, nil, false},
		{"not assigned", inASAP, reg(sctp, policyOf("00000006", "00000001")), ok, nil, false},
		{"not assigned, adaptive", inASAP, reg(sctp, policyOf("40000005")), ok, nil, false},
		{"bad one in HRR", inASAP, msg(6, 0, handle, policyOf("00000002"), pe(sctp, rr)), invalid, nil, false},
	}...))
}

// TestValues are the values that only a registration must not have.
func TestValues(t *testing.T) {
	life := func(seconds string) string { return tlv(10, "11223344", "00000000", seconds, sctp, rr) }
	check(t, []want{
		{"REG with empty handle", inASAP, msg(1, 0, "00090004", pe(sctp, rr)), invalid, nil, false},
		{"REG with PE ID 0", inASAP, msg(1, 0, handle, tlv(10, "00000000 00000000 00000258", sctp, rr)), invalid, nil, false},
		{"REG with life 0", inASAP, msg(1, 0, handle, life("00000000")), invalid, nil, false},
		{"REG with life -2", inASAP, msg(1, 0, handle, life("fffffffe")), invalid, nil, false},
		{"REG with the least life", inASAP, msg(1, 0, handle, life("80000000")), invalid, nil, false},
		{"REG with life -1", inASAP, msg(1, 0, handle, life("ffffffff")), ok, nil, false}, // PAR-3.10-04
		{"REG with the longest life", inASAP, msg(1, 0, handle, life("7fffffff")), ok, nil, false},
		{"REG with port 0", inASAP, reg(tlv(4, "00000000", v4), rr), ok, nil, false},
		{"HRR with zeros", inASAP, msg(6, 0, "00090004", zeroPE), ok, nil, false},
		{"HUPD with zeros", inENRP, msg(4, 0, ids, "00000000", "00090004", zeroPE), ok, nil, false},
		{"TRSP with zeros", inENRP, msg(3, 0, ids, "00090004", zeroPE), ok, nil, false},
		{"HUPD with life -2", inENRP, msg(4, 0, ids, "00010000", handle, life("fffffffe")), ok, nil, false},
		{"DEREG with zeros", inASAP, msg(2, 0, "00090004", "000e000800000000"), ok, nil, false},
		{"HR with empty handle", inASAP, msg(5, 0, "00090004"), ok, nil, false},
		{"a handle of any bytes", inASAP, msg(5, 0, "0009000800fe0001"), ok, nil, false}, // PAR-3.9-01
		{"a handle ending in NUL", inASAP, msg(5, 0, "000900066100"), ok, nil, false},
	})
}

func TestMessages(t *testing.T) {
	ka := "01020304"
	longCookie := strings.Repeat("ab", 4096)
	check(t, []want{
		{"REG without PE", inASAP, msg(1, 0, handle), invalid, nil, false},
		{"REG without handle", inASAP, msg(1, 0, pe(sctp, rr)), invalid, nil, false},
		{"REG without anything", inASAP, "01000004", invalid, nil, false},
		{"REG with PE too short", inASAP, msg(1, 0, handle, "000a000a112233440000"), invalid, nil, false},
		{"DEREG without PE identifier", inASAP, msg(2, 0, handle), invalid, nil, false},
		{"PE identifier of 2 bytes", inASAP, msg(2, 0, handle, "000e00061122"), invalid, nil, false}, // PAR-3.14-01
		{"PE identifier of 8 bytes", inASAP, msg(8, 0, handle, "000e000c1122334400000000"), invalid, nil, false},
		{"REG_RSP accepted with a cause", inASAP, msg(3, 0, handle, peID, cause9), ok, nil, false},
		{"REG_RSP refused without cause", inASAP, msg(3, 1, handle, peID), ok, nil, false},
		{"a cause that is not known", inASAP, msg(3, 1, handle, peID, tlv(12, "f0080006abcd")), ok, nil, false}, // PAR-3.12-08
		{"DEREG_RSP", inASAP, msg(4, 0, handle, peID), ok, nil, false},
		{"HRR with neither", inASAP, msg(6, 0, handle), ok, nil, false}, // ASAP-6.3-08
		{"HRR with a policy alone", inASAP, msg(6, 0, handle, rr), ok, nil, false},
		{"HRR with everything", inASAP, msg(6, 1, handle, rr, pe(sctp, rr), pe(tcp, rr), cause9), ok, nil, false}, // PAR-4-13
		{"HRR without handle", inASAP, msg(6, 0, pe(sctp, rr)), invalid, nil, false},
		{"KA", inASAP, msg(7, 1, ka, handle), ok, nil, false},
		{"KA with PE identifier", inASAP, msg(7, 0, ka, handle, peID), ok, nil, false},
		{"KA without handle", inASAP, msg(7, 0, ka), invalid, nil, false},
		{"KA + 11", inASAP, msg(7, 0, ka, handle, skipReport), ok, []string{skipReport}, true},
		{"UNREACH without handle", inASAP, msg(9, 0, peID), invalid, nil, false},
		{"COOKIE of 0 bytes", inASAP, msg(11, 0, "000d0004"), ok, nil, false}, // PAR-3.13-01
		{"COOKIE of 1 byte", inASAP, msg(11, 0, "000d000561"), ok, nil, false},
		{"COOKIE_ECHO of 4096 bytes", inASAP, msg(12, 0, tlv(13, longCookie)), ok, nil, false},
		{"COOKIE without cookie", inASAP, "0b000004", invalid, nil, false},
		{"BC", inASAP, msg(13, 0, handle, pe(sctp, rr)), ok, nil, false},
		{"BC with policy", inASAP, msg(13, 0, handle, rr, pe(sctp, rr)), ok, nil, false},
		{"BC without PE", inASAP, msg(13, 0, handle), invalid, nil, false},
		{"AERR without causes", inASAP, msg(14, 0, "000c0004"), invalid, nil, false},
		{"AERR without operation error", inASAP, "0e000004", invalid, nil, false},
		{"REG_RSP with an operation error without cause", inASAP, msg(3, 1, handle, peID, "000c0004"), invalid, nil, false},
		{"AERR with two odd causes", inASAP, msg(14, 0, tlv(12, "00010005aa", "00030006bbbb")), ok, nil, false}, // PAR-3.12-01
		{"AERR with all causes without information", inASAP, // PAR-3.12-07
			msg(14, 0, tlv(12, "00000004", "00040004", "00060004", "00080004", "00090004", "000a0004")), ok, nil, false},

		{"PRES without parameters", inENRP, msg(1, 0, ids), ok, nil, false}, // ENRP-3.4.2-02
		{"PRES with information alone", inENRP, msg(1, 1, ids, info), ok, nil, false},
		{"PRES with both", inENRP, msg(1, 1, ids, "000f00064deb", info), ok, nil, false},
		{"checksum of 4 bytes", inENRP, msg(1, 0, ids, "000f000800004deb"), invalid, nil, false}, // PAR-3.15-01
		{"checksum of no bytes", inENRP, msg(1, 0, ids, "000f0004"), invalid, nil, false},
		{"TREQ W", inENRP, msg(2, 1, ids), ok, nil, false},
		{"TRSP empty", inENRP, msg(3, 0, ids), ok, nil, false},
		{"TRSP empty with M", inENRP, msg(3, 2, ids), ok, nil, false},
		{"TRSP refused", inENRP, msg(3, 1, ids), ok, nil, false},
		{"TRSP refused with entries", inENRP, msg(3, 1, ids, handle, pe(sctp, rr, sctp)), invalid, nil, false},
		{"TRSP refused with M and entries", inENRP, msg(3, 3, ids, handle, pe(sctp, rr, sctp)), invalid, nil, false},
		{"TRSP refused with a skipped parameter", inENRP, msg(3, 1, ids, skip), ok, nil, true},
		{"TRSP with a handle without PE", inENRP, msg(3, 0, ids, handle), invalid, nil, false},
		{"TRSP with a handle without PE in the middle", inENRP, msg(3, 0, ids, handle, handle, pe(sctp, rr, sctp)), invalid, nil, false},
		{"TRSP with a handle without PE at the end", inENRP, msg(3, 0, ids, handle, pe(sctp, rr, sctp), handle), invalid, nil, false},
		{"TRSP with a PE without handle", inENRP, msg(3, 0, ids, pe(sctp, rr, sctp)), invalid, nil, false},
		{"TRSP with one pool twice", inENRP, msg(3, 2, ids, handle, pe(sctp, rr, sctp), handle, pe(sctp, rr)), ok, nil, false},
		{"HUPD with action 0xffff", inENRP, msg(4, 0, ids, "ffff0000", handle, pe(sctp, rr, sctp)), invalid, nil, false},
		{"HUPD with reserved bits", inENRP, msg(4, 0, ids, "0001ffff", handle, pe(sctp, rr, sctp)), ok, nil, true},
		{"HUPD without PE", inENRP, msg(4, 0, ids, "00000000", handle), invalid, nil, false},
		{"HUPD without ASAP transport", inENRP, msg(4, 0, ids, "00000000", handle, pe(sctp, rr)), ok, nil, false},
		{"HUPD with a TCP ASAP transport", inENRP, msg(4, 0, ids, "00000000", handle, pe(sctp, rr, tcp)), invalid, nil, false},
		{"LREQ", inENRP, msg(5, 0, ids), ok, nil, false},
		{"LRSP empty", inENRP, msg(6, 0, ids), ok, nil, false},
		{"LRSP with three", inENRP, msg(6, 0, ids, info, info, tlv(11, "00000000", tlv(4, "26ad0000", v6, v4))), ok, nil, false},
		{"LRSP refused with entries", inENRP, msg(6, 1, ids, info), invalid, nil, false},
		{"ITO", inENRP, msg(7, 0, ids, "7fffffff"), ok, nil, false},
		{"ITO with a parameter to skip", inENRP, msg(7, 0, ids, "7fffffff", skip), ok, nil, true},
		{"TOS with flags", inENRP, msg(9, 0x80, ids, "7fffffff"), ok, nil, true},
		{"EERR with an unknown cause", inENRP, msg(10, 0, ids, tlv(12, "ffff0005aa")), ok, nil, false},
		{"EERR without cause", inENRP, msg(10, 0, ids, "000c0004"), invalid, nil, false},

		// PAR-3-11: refusing is one of the two that are allowed.
		{"a cookie in HR", inASAP, msg(5, 0, handle, "000d000561"), invalid, nil, false},
		{"two handles in HR", inASAP, msg(5, 0, handle, handle), invalid, nil, false},
		{"a cookie in LREQ", inENRP, msg(5, 0, ids, "000d000561"), invalid, nil, false},
		{"another order", inASAP, msg(2, 0, peID, handle), invalid, nil, false},
	})
}
