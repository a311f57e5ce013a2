// Command chaos tests a scope of real processes: it runs registrars, elements and
// users, lets things go wrong, and looks what has become of them.
//
//	chaos -program bin/registrar faults   # kills, stops, partitions, a bad network
//	chaos -program bin/registrar soak     # for long: who needs more and more?
//	chaos -program bin/registrar kill     # one registrar at a time: is an element lost?
//
// Each host is a network namespace whose only way out is a TUN device that this program
// holds; what a host sends it hands to another one, late, twice, out of order or not at
// all. The operators' HTTP is on each host's loopback, where nothing goes wrong. Schedules
// come from a seed, which is printed: another run with it has the same faults at the same
// times, though not the same packets.
//
// Faults never hit more than two of five registrars at once, nor more than two of the four
// hosts that have elements of every pool. So no session has a reason to be lost, and at the
// end all registrars must have exactly the elements that live. Elements of the first host
// know one registrar alone, those of the others all.
//
// It knows the commands of the program and what they print. It refuses to know how they
// work.
//
// Open schedule.go first for what happens, check.go and talk.go for what is asked for,
// then faults.go, soak.go with churn.go and table.go, kill.go with trial.go. Below them are
// scope.go, process.go, host_linux.go, and network.go with fate.go and underway.go.
package main
