package rsplib

import (
	"fmt"
	"strings"
)

// RSPLIB's names of what "fast" is in ours_test.go.
var theirFast = []string{
	"-peerheartbeatcycle=1000", "-peermaxtimelastheard=2500", "-peermaxtimenoresponse=1500", "-mentordiscoverytimeout=1500",
	"-takeoverexpiryinterval=3000", "-endpointkeepalivetransmissioninterval=1000", "-endpointkeepalivetimeoutinterval=1500",
}

// theirs starts a program of RSPLIB; it prints line by line, as to a terminal.
func (h *host) theirs(name string, args ...string) *process {
	h.Helper()
	return h.run(h, name, append([]string{"stdbuf", "-oL", name}, args...)...)
}

// theirLog makes RSPLIB say what it does.
var theirLog = []string{"-loglevel=4", "-logcolor=off"}

// rspregistrar starts RSPLIB's registrar, fast, and without multicast unless flags
// ask for it.
func (h *host) rspregistrar(id uint32, flags ...string) *process {
	h.Helper()
	line := []string{
		fmt.Sprintf("-identifier=0x%08x", id), "-asap=" + h.atAll(asapPort), "-enrp=" + h.atAll(enrpPort),
	}
	if !strings.Contains(strings.Join(flags, " "), "announce") {
		line = append(line, "-asapannounce=off", "-enrpannounce=off")
	}
	line = append(append(line, theirFast...), theirLog...)
	p := h.theirs("rspregistrar", append(line, flags...)...)
	p.awaitText("The registrar is ready")
	return p
}

// rspserver starts an element of RSPLIB: service is its flag, port the one it
// serves at.
func (h *host) rspserver(service string, id uint32, port int, registrar string, flags ...string) *process {
	h.Helper()
	line := []string{"-" + service, fmt.Sprintf("-identifier=0x%08x", id), "-local=" + h.atAll(port), "-rereginterval=3000"}
	return h.theirs("rspserver", append(append(append(line, at(registrar)...), theirLog...), flags...)...)
}

// pingpongclient starts a user of the pool that RSPLIB calls PingPongPool.
func (h *host) pingpongclient(registrar string, flags ...string) *process {
	h.Helper()
	line := append([]string{"-interval=200"}, at(registrar)...)
	return h.theirs("pingpongclient", append(append(line, theirLog...), flags...)...)
}

// hsdump is the handlespace as RSPLIB gets it from a registrar's ENRP port.
func (h *host) hsdump(enrp string) string {
	h.Helper()
	p := h.theirs("hsdump", enrp)
	p.wait()
	return p.text()
}

// at tells a program of RSPLIB where its registrar is.
func at(registrar string) []string { return []string{"-registrar=" + registrar, "-asapannounce=off"} }
