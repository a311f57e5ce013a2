// Command uml runs a program on a Linux kernel that has SCTP: on this one where
// it has, else on User-Mode Linux, a kernel that is an ordinary process and
// needs no privileges. It is made for go test:
//
//	go build -o bin/uml ./registrar/interop/uml
//	go test -exec "$PWD/bin/uml" ./registrar/transport/kernel
//
// The machine has this host's files, one processor and a loopback interface; the
// program is root there, and may make network namespaces, links and rules of its
// own. What it writes to its output and to files is here, and so is its exit
// status. Build it without -race: the race detector does not find its memory.
//
// It knows how to boot and stop such a machine. It refuses to know what runs there.
//
// Open main.go first, then host_linux.go (outside) and guest_linux.go (inside).
package main
