package main

import (
	"strings"
	"testing"
)

// A table has the same columns with colours and without.
func TestColorsTakeNoRoom(t *testing.T) {
	rows := func(p painter) [][]string {
		return [][]string{
			p.paintAll(bold, []string{"STATE", "POOL", "ID"}),
			{p.paint(green, "up"), "Ümlaut", p.paint(dim, "0x1")},
			{p.paint(yellow, "suspect"), p.paint(plain, "P"), "-"},
		}
	}
	var with, without strings.Builder
	for _, err := range []error{printRows(&with, rows(true)...), printRows(&without, rows(false)...)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	const want = "STATE    POOL    ID\n" +
		"up       Ümlaut  0x1\n" +
		"suspect  P       -\n"
	if without.String() != want {
		t.Errorf("without colours\n%s\nwant\n%s", &without, want)
	}
	bare := strings.NewReplacer("\x1b[1m", "", "\x1b[2m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[0m", "").Replace(with.String())
	if bare != want || strings.Count(with.String(), colorOff) != 6 {
		t.Errorf("with colours\n%q\nwant the same between six colours", with.String())
	}
}

func TestWidth(t *testing.T) {
	for text, want := range map[string]int{
		"": 0, "up": 2, "Ü": 1, "\x1b[31mdead\x1b[0m": 4, "a\x1b[1mb\x1b[0mc": 3, "\x1b[1;31mx": 1,
	} {
		if got := width(text); got != want {
			t.Errorf("width of %q is %d, want %d", text, got, want)
		}
	}
}

// What others say does not command the terminal.
func TestVisible(t *testing.T) {
	for text, want := range map[string]string{
		"Echo": "Echo", `a "b"`: `a "b"`, "\x1b[31mred": `\x1b[31mred`, "bell\a": `bell\a`, "Ünicode": "Ünicode", "\u009b31m": `\u009b31m`,
	} {
		if got := visible(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

func TestStyles(t *testing.T) {
	for _, tt := range []struct {
		is, want style
		of       string
	}{
		{stateStyle("up"), green, "up"},
		{stateStyle("active"), green, "active"},
		{stateStyle("suspect"), yellow, "suspect"},
		{stateStyle("dead"), red, "dead"},
		{stateStyle("expired"), red, "expired"},
		{stateStyle("discovered"), plain, "discovered"},
		{eventStyle("element.registered"), green, "element.registered"},
		{eventStyle("peer.suspect"), yellow, "peer.suspect"},
		{eventStyle("peer.dead"), red, "peer.dead"},
		{eventStyle("hold.made"), plain, "hold.made"},
		{inSyncStyle("true"), green, "in sync"},
		{inSyncStyle("false"), red, "not in sync"},
		{inSyncStyle("-"), plain, "unknown"},
	} {
		if tt.is != tt.want {
			t.Errorf("%s has style %q, want %q", tt.of, tt.is, tt.want)
		}
	}
}
