package main

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
)

// What is out of the ordinary has a line of its own.
func TestStatusRows(t *testing.T) {
	for _, tt := range []struct{ name, status, want string }{
		{"as ever", `{"guard": {"threshold": 10}}`, ""},
		{"overloaded", `{"overloaded": true}`, "overload   more is asked than can be answered"},
		{
			"guarded", `{"guard": {"engaged": true, "held": 12, "own": 20, "seconds_left": 89.6}}`,
			"guard      engaged: 12 of 20 elements owned here are silent, and kept for 1m30s at most",
		},
	} {
		var s status
		if err := json.Unmarshal([]byte(tt.status), &s); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		cmd, _, err := newRootCmd(io.Discard).Find([]string{"status"})
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.ParseFlags(nil); err != nil {
			t.Fatal(err)
		}
		cmd.SetOut(&out)
		if err := printStatus(cmd, s); err != nil {
			t.Fatal(err)
		}
		got := out.String()
		if !strings.Contains(got, tt.want) || tt.want == "" && strings.Contains(got, "guard") {
			t.Errorf("%s: want %q in:\n%s", tt.name, tt.want, got)
		}
	}
}
