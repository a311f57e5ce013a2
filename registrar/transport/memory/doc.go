// Package memory is a network inside the process: hosts with one address each,
// associations between them, and switches for the faults tests need.
//
// It uses channels, contexts and timers only, so it runs under testing/synctest
// in virtual time. It knows links that are up or cut, and whom hosts prove to be;
// it refuses to know bytes on a wire, loss of single packets and delay (the udp
// backend has real ones).
//
// Open network.go first, then association.go.
package memory
