//go:build js && wasm

package main

import (
	"encoding/base64"
	"syscall/js"
	"time"

	"rserpool/registrar/feed"
	"rserpool/ui/view"
)

const (
	subprotocol = "rserpool.feed.v1"
	// maxFrame is far beyond the frames of a registrar: whatever is larger is not
	// one.
	maxFrame = 4 << 20
)

// dial opens the feed. The registrar starts it with what has changed since the
// last frame, or with a snapshot.
func (p *program) dial() {
	url := window.Get("URL").New(p.base+"api/v1/feed", document.Get("baseURI"))
	if p.whole {
		url.Get("searchParams").Call("set", "after", p.replica.Position())
	}
	if p.link.Stream() {
		p.dialStream(url)
		return
	}
	scheme := "ws:"
	if url.Get("protocol").String() == "https:" {
		scheme = "wss:"
	}
	url.Set("protocol", scheme)
	p.socket = window.Get("WebSocket").New(url.Get("href"), subprotocol)
	p.socket.Set("binaryType", "arraybuffer")
	p.asked = feed.NoMessages
	socket := p.socket
	p.hear("open", func(js.Value) {
		p.link.Opened(time.Now())
		if got := socket.Get("protocol").String(); got != subprotocol {
			p.broken("The registrar speaks another language than this page. Reload the page.")
		}
	})
	p.hear("message", func(event js.Value) {
		data := event.Get("data")
		size := data.Get("byteLength")
		if size.Type() != js.TypeNumber || size.Int() > maxFrame {
			p.broken("The registrar sent what is no frame of the feed.")
			return
		}
		buf := make([]byte, size.Int())
		js.CopyBytesToGo(buf, window.Get("Uint8Array").New(data))
		p.frame(buf)
	})
	p.hear("close", func(js.Value) { p.lost() })
}

// dialStream opens the feed as server-sent events: something on the way lets no
// WebSocket through.
func (p *program) dialStream(url js.Value) {
	p.wantStream(url)
	p.socket = window.Get("EventSource").New(url)
	p.hear("open", func(js.Value) { p.link.Opened(time.Now()) })
	p.hear("message", func(event js.Value) {
		data := event.Get("data").String()
		buf, err := base64.StdEncoding.DecodeString(data)
		if err != nil || len(buf) > maxFrame {
			p.broken("The registrar sent what is no frame of the feed.")
			return
		}
		p.frame(buf)
	})
	p.hear("error", func(js.Value) {
		p.socket.Call("close") // it would dial by itself, at its own pace
		p.lost()
	})
}

// hear calls f for an event of the socket.
func (p *program) hear(name string, f func(event js.Value)) {
	handler := js.FuncOf(func(_ js.Value, args []js.Value) any {
		f(args[0])
		return nil
	})
	p.handlers = append(p.handlers, handler)
	p.socket.Set("on"+name, handler)
}

// lost reckons with the end of the connection.
func (p *program) lost() {
	p.letGo()
	p.link.Closed(time.Now(), chance())
	p.wake()
}

// hangup drops the connection; what it still brings is not heard.
func (p *program) hangup() {
	if socket := p.socket; socket.Truthy() {
		p.letGo()
		socket.Call("close")
	}
	p.wake()
}

// letGo forgets the socket and frees its handlers, which it will not call again.
func (p *program) letGo() {
	for _, name := range []string{"onopen", "onmessage", "onclose", "onerror"} {
		p.socket.Set(name, js.Null())
	}
	p.socket = js.Null()
	for _, h := range p.handlers {
		h.Release()
	}
	p.handlers = nil
}

// broken ends a connection that is of no use; the next one brings a snapshot.
func (p *program) broken(reason string) {
	p.whole = false
	p.link.Broken(time.Now(), reason, chance())
	p.hangup()
}

// frame applies one frame and answers with its number.
func (p *program) frame(buf []byte) {
	list, err := feed.Parse(buf)
	if err != nil {
		p.broken("A frame of the feed could not be read: " + err.Error() + ".")
		return
	}
	var last feed.Sequence
	var goodbye string
	for _, m := range list {
		switch m := m.(type) {
		case feed.Hello:
			if m.Schema != feed.Schema {
				p.broken("The registrar is of another version than this page. Reload the page.")
				return
			}
		case feed.Sequence:
			last = m
		case feed.Goodbye:
			goodbye = m.Reason
		}
		p.replica.Apply(m)
	}
	p.applied(last)
	if goodbye != "" {
		p.link.Goodbye(goodbye) // after the frame, which clears what an earlier one said
	}
}

// send hands one encoded message to the registrar, if the connection is open.
func (p *program) send(b []byte) bool {
	if p.link.Stream() || !p.socket.Truthy() || p.socket.Get("readyState").Int() != 1 {
		return false
	}
	bytes := window.Get("Uint8Array").New(len(b))
	js.CopyBytesToJS(bytes, b)
	p.socket.Call("send", bytes)
	return true
}

// applied tells the registrar, and checks that both have the same.
func (p *program) applied(last feed.Sequence) {
	at := last.Now.Time()
	if at.IsZero() {
		at = p.replica.Sequence().Now.Time()
	}
	p.link.Frame(time.Now(), at)
	p.whole = p.replica.Synced() && last != (feed.Sequence{})
	p.send(feed.Applied{Number: last.Number}.AppendTo(nil))
	if !p.replica.Synced() || last == (feed.Sequence{}) {
		return // more of the same batch is to come
	}
	if odd := p.replica.Disagrees(); len(odd) > 0 {
		p.broken("This page had other elements of " + odd[0].String() + " than the registrar; it fetches all of them again.")
		return
	}
	d := p.replica.TakeDirty()
	p.kept.Note(d)
	p.compareOn()
	if d.All || d.Peers || d.Own || d.Events || d.Captured || len(d.Pools) > 0 || p.phase != view.Live {
		p.wake()
	}
}
