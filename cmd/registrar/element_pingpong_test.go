package main

import (
	"bufio"
	"io"
	"net"
	"testing"
)

// Without a control channel, the count is that of the connection.
func TestPingPong(t *testing.T) {
	user, element := net.Pipe()
	defer user.Close()
	go func() {
		pingPong(element, 7)
		element.Close()
	}()
	lines := bufio.NewReader(user)
	for _, test := range []struct{ ask, want string }{
		{"ping 1\n", "pong 1 from 0x00000007, 1 in this session\n"},
		{"ping x y\r\n", "pong x y from 0x00000007, 2 in this session\n"},
		{"hello\n", "error: want ping N, have \"hello\"\n"},
	} {
		if _, err := io.WriteString(user, test.ask); err != nil {
			t.Fatal(err)
		}
		if got, err := lines.ReadString('\n'); got != test.want || err != nil {
			t.Errorf("%q was answered %q, %v, want %q", test.ask, got, err, test.want)
		}
	}
	if _, err := lines.ReadByte(); err != io.EOF {
		t.Errorf("after an error: %v, want the end", err)
	}
}

// The state is what SaveState was given, or there is none.
func TestStateOf(t *testing.T) {
	for state, want := range map[string]int{"": 0, "17": 17, "x": 0} {
		if got := stateOf([]byte(state)); got != want {
			t.Errorf("state %q is a count of %d, want %d", state, got, want)
		}
	}
}
