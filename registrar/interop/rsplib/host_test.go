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
	s.ip("netns", "add", h.namespace)
	s.Cleanup(func() { s.ip("netns", "delete", h.namespace) })
	if !strings.Contains(strings.Join(addrs, " "), ":") {
		h.sysctl("net/ipv6/conf/all/disable_ipv6", "1")
		h.sysctl("net/ipv6/conf/default/disable_ipv6", "1")
	}
	h.sysctl("net/ipv4/conf/all/rp_filter", "0") // a host with two addresses answers from either
	s.ip("-n", h.namespace, "link", "set", "lo", "up")
	for _, text := range addrs {
		a := netip.MustParseAddr(text)
		h.addrs = append(h.addrs, a)
		network, bits, extra := int(a.As16()[14]), "/24", []string(nil)
		if a.Is6() {
			network, bits, extra = int(a.As16()[3]), "/64", []string{"nodad"}
		}
		for len(h.links) <= network {
			h.link()
		}
		s.ip(append([]string{"-n", h.namespace, "address", "add", text + bits, "dev", "eth" + strconv.Itoa(network)}, extra...)...)
	}
	if h.addrs[0].Is4() {
		s.ip("-n", h.namespace, "route", "add", "224.0.0.0/4", "dev", "eth0")
	}
	s.hosts = append(s.hosts, h)
	return h
}

// link puts the host at the next bridge.
func (h *host) link() {
	h.Helper()
	n := len(h.links)
	outside := h.name(fmt.Sprintf("h%d%c", len(h.hosts), 'a'+n))
	inside := "eth" + strconv.Itoa(n)
	h.ip("link", "add", outside, "type", "veth", "peer", "name", inside, "netns", h.namespace)
	h.ip("link", "set", outside, "master", h.nets[n], "up")
	h.ip("-n", h.namespace, "link", "set", inside, "up")
	h.links = append(h.links, outside)
}

// cut takes the host off a bridge without a word, mend puts it back.
func (h *host) cut(network int)  { h.ip("link", "set", h.links[network], "down") }
func (h *host) mend(network int) { h.ip("link", "set", h.links[network], "up") }

// vanish takes the host off all of them.
func (h *host) vanish() {
	for n := range h.links {
		h.cut(n)
	}
}

// at is the host's first address with a port; RSPLIB wants all addresses behind one
// port, which atAll gives.
func (h *host) at(port int) string { return net.JoinHostPort(h.addrs[0].String(), strconv.Itoa(port)) }

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
