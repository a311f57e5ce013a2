package main

import (
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	export := func(elements string) string {
		return file(t, `{"schema":"rserpool.handlespace/v1","pools":[{"handle":"Echo","handle_b64":"RWNobw==","elements":[`+elements+`]}]}`)
	}
	one := `{"id":"0x00000001","home_registrar":"0x0000000a","owned":true,"state":"up","policy":{"weight":5}}`
	two := `{"id":"0x00000002","home_registrar":"0x0000000a","owned":true,"state":"up","policy":{"weight":5}}`
	seen := strings.NewReplacer("true", "false", `"up"`, `"suspect"`)
	moved := strings.NewReplacer("0000000a", "0000000b", "5", "6")
	for _, tt := range []struct {
		name, a, b, flags string
		code              int
		want              string
	}{
		{"same", export(one), export(one), "--exit-code", exitOK, "no difference\n"},
		{"seen by another", export(one), export(seen.Replace(one)), "--exit-code", exitOK, "no difference\n"},
		{"added", export(one), export(one + "," + two), "--no-headers", exitOK, "added  Echo  0x00000002  -\n"},
		{"removed", export(one + "," + two), export(one), "--exit-code -o jsonl", exitFailure, `{"pool":"Echo","element":"0x00000002","change":"removed"}` + "\n"},
		{"changed", export(one), export(moved.Replace(one)), "-o json", exitOK, `"home_registrar 0x0000000a -> 0x0000000b"`},
		{"changed value", export(one), export(moved.Replace(one)), "", exitOK, `policy {"weight":5} -> {"weight":6}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := command(t, append([]string{"diff", tt.a, tt.b}, strings.Fields(tt.flags)...)...)
			if got.code != tt.code || !strings.Contains(got.stdout, tt.want) {
				t.Errorf("code %d, %s%s; want code %d and %q", got.code, got.stdout, got.stderr, tt.code, tt.want)
			}
		})
	}
}
