package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const vectorFile = "../../registrar/inspect/testdata/vectors.jsonl"

// inspectRun runs the command as a shell would.
func inspectRun(stdin string, args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = run(context.Background(), append([]string{"inspect"}, args...), strings.NewReader(stdin), &out, &errs)
	return out.String(), errs.String(), code
}

// All vectors go through the command, which answers line for line.
func TestInspectJSONL(t *testing.T) {
	input, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	out, errs, code := inspectRun(string(input), "--jsonl")
	if code != exitOK || errs != "" {
		t.Fatalf("exit code %d, stderr %q", code, errs)
	}
	answers := bufio.NewScanner(strings.NewReader(out))
	answers.Buffer(nil, 1<<20)
	for line := range strings.Lines(string(input)) {
		var vector struct {
			Name, Proto, Hex string
			Fields           map[string]any
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(line), &vector); err != nil {
			t.Fatal(err)
		}
		if !answers.Scan() {
			t.Fatalf("no line for %s", vector.Name)
		}
		if err := json.Unmarshal(answers.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v", answers.Bytes(), err)
		}
		message, _ := got["message"].(map[string]any)
		for key, value := range vector.Fields {
			var have any
			switch key {
			case "reencode":
				if value == false {
					continue
				}
				value, have = vector.Hex, got["reencoded"]
			case "decode", "reply_hex", "reply_param_hex", "checksum":
				have = got[key]
			case "reaction", "note", "equal_to", "pes", "blocks_hex":
				continue // for people, or what the input was made of
			default:
				have = message[key]
			}
			if diff := cmp.Diff(value, have); diff != "" {
				t.Errorf("%s: %s (-want +got):\n%s", vector.Name, key, diff)
			}
		}
		for _, key := range []string{"reply_hex", "reply_param_hex", "checksum"} {
			if _, wanted := vector.Fields[key]; !wanted && got[key] != nil {
				t.Errorf("%s: %s %v without need", vector.Name, key, got[key])
			}
		}
		if got["name"] != vector.Name {
			t.Errorf("name %v, want %s", got["name"], vector.Name)
		}
	}
	if answers.Scan() {
		t.Errorf("one line too many: %s", answers.Text())
	}
}

func TestInspectJSONLBadLines(t *testing.T) {
	const good = `{"name":"ctrl","proto":"asap","hex":"0501000d000900096374726c31000000"}`
	for _, tc := range []struct{ name, line, want string }{
		{"no JSON", `{"name":`, `registrar: line 2: want {"name","proto","hex"}`},
		{"no object", `"0500"`, `registrar: line 2: want {"name","proto","hex"}`},
		{"proto", `{"name":"x","proto":"sctp","hex":""}`, `registrar: line 2: proto must be asap, enrp or checksum, is "sctp"`},
		{"no hex", `{"name":"x","proto":"asap"}`, "registrar: line 2: hex is missing"},
		{"odd hex", `{"name":"x","proto":"asap","hex":"050"}`, "registrar: line 2: hex: want two hex digits for each byte, have 3 digits"},
		{"no digit", `{"name":"x","proto":"asap","hex":"05zz"}`, "registrar: line 2: hex: want hex digits, have 'z'"},
		{"too long", `{"name":"` + strings.Repeat("x", maxInspectLine) + `"}`, "registrar: line 2: longer than 67108864 bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, errs, code := inspectRun(good+"\n"+tc.line+"\n"+good, "--jsonl")
			if code != exitFailure {
				t.Errorf("exit code %d, want %d", code, exitFailure)
			}
			if strings.Count(out, "\n") != 2 || strings.Count(out, `"decode":"ok"`) != 2 {
				t.Errorf("the good lines gave %q", out)
			}
			if !strings.HasPrefix(errs, tc.want) || strings.Count(errs, "\n") != 2 {
				t.Errorf("stderr %q, want the bad line as %q and one line of summary", errs, tc.want)
			}
		})
	}
}

func TestInspectJSONLOutput(t *testing.T) {
	for _, tc := range []struct{ name, line, want string }{
		{
			"no name, CR LF, other keys, capitals", `{"source":"x","proto":"enrp","hex":"0200000C 0A0A0A0A01020304"}` + "\r\n",
			`{"decode":"ok","message":{"name":"HANDLE_TABLE_REQUEST","message_type":2,"flags":"0x00","message_length":12,"wire_bytes":12,` +
				`"sending_server_id":"0x0a0a0a0a","receiving_server_id":"0x01020304","params":[]},"reencoded":"0200000c0a0a0a0a01020304"}` + "\n",
		},
		{
			"empty message", `{"name":"<\u00e9>","proto":"asap","hex":""}`,
			`{"name":"<é>","decode":"error","message":{"wire_bytes":0,"problem":"message header: need 4 bytes, have 0"}}` + "\n",
		},
		{
			"empty set", `{"name":"e","proto":"checksum","hex":""}`,
			`{"name":"e","decode":"ok","message":{"raw_sum":"0x00000000","folded_sum":"0x0000","checksum":"0xffff",` +
				`"param_hex":"000f0006ffff0000"},"checksum":"0xffff"}` + "\n",
		},
		{"nothing", "", ""},
		{"blank lines", "\n \n", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, errs, code := inspectRun(tc.line, "--jsonl")
			if diff := cmp.Diff(tc.want, out); diff != "" || errs != "" || code != exitOK {
				t.Errorf("exit code %d, stderr %q (-want +got):\n%s", code, errs, diff)
			}
		})
	}
}

func TestInspectHex(t *testing.T) {
	const want = `ASAP REGISTRATION_RESPONSE (guessed; --proto says otherwise)
decode: ok
message_type: 3 (REGISTRATION_RESPONSE)
flags: 0x01 (R: reject)
message_length: 42
wire_bytes: 44
params:
  - pool_handle
    type: 0x0009
    length: 12
    handle_hex: 4563686f506f6f6c ("EchoPool")
    pad: 0
  - unknown (skip it and report)
    type: 0xc001
    length: 6
    value_hex: 6162
  - pe_identifier
    type: 0x000e
    length: 8
    pe_id: 0x11223344
  - operation_error
    type: 0x000c
    length: 10
    causes:
      -
        cause: 0x0005 (inconsistent pooling policy)
        length: 6
        info_hex: aabb
answer: ASAP_ERROR 0e000012000c000e0001000ac001000661620000
`
	for _, args := range [][]string{
		{"0301002a0009000c4563686f506f6f6cc001000661620000000e000811223344000c000a00050006aabb0000"},
		{"0301002a 0009000c 4563686f 506f6f6c", "c0010006 61620000", "0x000e0008\n0x11223344 000c000a 0X00050006", "aa:bb:00:00"},
	} {
		out, errs, code := inspectRun("", args...)
		if diff := cmp.Diff(want, out); diff != "" || errs != "" || code != exitOK {
			t.Errorf("%q: exit code %d, stderr %q (-want +got):\n%s", args, code, errs, diff)
		}
	}
}

func TestInspectHexForms(t *testing.T) {
	for _, tc := range []struct {
		name string
		args []string
		want string
	}{
		{"guessed", []string{"0500000c0a0a0a0a01020304"}, "ENRP LIST_REQUEST (guessed; --proto says otherwise)\ndecode: ok\n"},
		{"told", []string{"--proto", "asap", "0500000c0a0a0a0a01020304"}, "ASAP HANDLE_RESOLUTION\ndecode: error: its framing is broken ("},
		{"discarded", []string{"--proto", "enrp", "f000000c0a0a0a0a01020304"}, "ENRP UNKNOWN\ndecode: discard: a rule for unknown types drops it ("},
		{"JSON", []string{"-o", "json", "0b000008000d0004"}, "{\n  \"proto\": \"asap\",\n  \"decode\": \"ok\",\n  \"message\": {\n    \"name\": \"COOKIE\",\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out, errs, code := inspectRun("", tc.args...)
			if !strings.HasPrefix(out, tc.want) || errs != "" || code != exitOK {
				t.Errorf("exit code %d, stderr %q, stdout\n%s\nwant it to start\n%s", code, errs, out, tc.want)
			}
		})
	}
}
