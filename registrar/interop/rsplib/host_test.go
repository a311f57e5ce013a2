package rsplib

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// host is a machine of its own: a network namespace with an interface at the first
// bridge, and one at the second where it has an address there.
type host struct {
	*scene
	label     string
	namespace string
	addrs     []netip.Addr
	links     []string // the bridges' ends
}

// host makes one. The third number of an IPv4 address, and the second group of an
// IPv6 one, is the bridge: 10.0.0.1 and fd00:0::1 are at the first, 10.0.1.1 and
// fd00:1::1 at the second.
func (s *scene) host(label string, addrs ...string) *host {
	s.Helper()
	h := &host{scene: s, label: label, namespace: s.name(label)}
	outside, inside := []string{"netns add " + h.namespace}, []string{"link set lo up"}
	for _, text := range addrs {
		a := netip.MustParseAddr(text)
		h.addrs = append(h.addrs, a)
		network, bits := int(a.As16()[14]), "/24"
		if a.Is6() {
			network, bits = int(a.As16()[3]), "/64 nodad"
		}
		for len(h.links) <= network {
			n := len(h.links)
			link := h.name(fmt.Sprintf("h%d%c", len(s.hosts), 'a'+n))
			outside = append(outside, fmt.Sprintf("link add %s type veth peer name eth%d netns %s", link, n, h.namespace),
				fmt.Sprintf("link set %s master %s up", link, h.nets[n]))
			inside = append(inside, fmt.Sprintf("link set eth%d up", n))
			h.links = append(h.links, link)
		}
		inside = append(inside, fmt.Sprintf("address add %s%s dev eth%d", text, bits, network))
	}
	if h.addrs[0].Is4() {
		inside = append(inside, "route add 224.0.0.0/4 dev eth0")
	}
	s.hosts = append(s.hosts, h)
	s.ipAll(outside)
	if !strings.Contains(strings.Join(addrs, " "), ":") {
		h.sysctl("net/ipv6/conf/all/disable_ipv6", "1")
		h.sysctl("net/ipv6/conf/default/disable_ipv6", "1")
	}
	h.sysctl("net/ipv4/conf/all/rp_filter", "0") // a host with two addresses answers from either
	s.ipAll(inside, "-n", h.namespace)
	return h
}

// cut takes the host off a bridge without a word, mend puts it back.
func (h *host) cut(network int)  { h.ip("link", "set", h.links[network], "down") }
func (h *host) mend(network int) { h.ip("link", "set", h.links[network], "up") }

// apart keeps hosts that are from each other at a bridge, and no others.
func (h *host) apart(network int, from bool) {
	h.Helper()
	state := "off"
	if from {
		state = "on"
	}
	h.ip("link", "set", h.links[network], "type", "bridge_slave", "isolated", state)
}

// vanish takes the host off all of them.
func (h *host) vanish() {
	for n := range h.links {
		h.cut(n)
	}
}

// cutAll takes all hosts off a bridge at once, mendAll puts them back.
func (s *scene) cutAll(network int)  { s.all(network, "down") }
func (s *scene) mendAll(network int) { s.all(network, "up") }

func (s *scene) all(network int, state string) {
	s.Helper()
	lines := make([]string, 0, len(s.hosts))
	for _, h := range s.hosts {
		lines = append(lines, "link set "+h.links[network]+" "+state)
	}
	s.ipAll(lines)
}

// at is the host's first address with a port; RSPLIB wants all addresses behind one
// port, which atAll gives.
func (h *host) at(port int) string { return h.atAddr(0, port) }

// atAddr is the host's n-th address with a port.
func (h *host) atAddr(n, port int) string {
	return net.JoinHostPort(h.addrs[n].String(), strconv.Itoa(port))
}

func (h *host) atAll(port int) string {
	all := h.at(port)
	for _, a := range h.addrs[1:] {
		if a.Is6() {
			all += ",[" + a.String() + "]"
			continue
		}
		all += "," + a.String()
	}
	return all
}

// sysctl sets a parameter of the host's kernel.
func (h *host) sysctl(key, value string) {
	h.Helper()
	if err := h.inside(func() error { return os.WriteFile(filepath.Join("/proc/sys", key), []byte(value), 0) }); err != nil {
		h.Fatal(err)
	}
}

// inside runs do on a thread that is in the host's namespace: sockets it opens and
// programs it starts are of that host, and stay so.
func (h *host) inside(do func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends here
		done <- func() error {
			ns, err := os.Open(filepath.Join("/run/netns", h.namespace))
			if err != nil {
				return err
			}
			defer ns.Close()
			if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
				return fmt.Errorf("enter %s: %w", h.namespace, err)
			}
			return do()
		}()
	}()
	return <-done
}

func itoa(n int32) string { return strconv.Itoa(int(n)) }
