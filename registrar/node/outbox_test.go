package node

import "testing"

func TestOutbox(t *testing.T) {
	q := newOutbox(10)
	for _, tt := range []struct {
		name string
		size int
		want bool
	}{
		{"more than the limit into an empty queue", 11, true},
		{"anything behind it", 1, false},
	} {
		if got := q.put(make([]byte, tt.size)); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
	messages, more := q.take()
	if len(messages) != 1 || !more {
		t.Fatalf("took %d messages, more %t, want 1 and true", len(messages), more)
	}
	if q.put([]byte{1}) {
		t.Error("there is room while the message taken is still being sent, want none")
	}
	q.sent(11)
	if !q.put(make([]byte, 10)) {
		t.Error("no room for the limit itself after all was sent")
	}
	q.close()
	if !q.put([]byte{1}) {
		t.Error("a closed queue complains, want it to forget what comes late")
	}
	if messages, more = q.take(); len(messages) != 1 || more {
		t.Errorf("took %d messages, more %t after close, want the 1 from before and false", len(messages), more)
	}
}
