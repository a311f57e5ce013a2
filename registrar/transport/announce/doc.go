// Package announce sends to multicast groups and hears them: datagrams by which
// registrars tell elements, users and each other that they are here.
//
// It knows interfaces, groups and how a group's port is shared with what else is
// bound to it. It refuses to know what a datagram says and whom to believe: nobody.
//
// Open group.go first, then hear.go; listen_unix.go binds to a group.
package announce
