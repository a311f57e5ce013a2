package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// view is what one registrar says of the scope.
type view struct {
	Digest    string `json:"digest"`
	Registrar struct {
		ID string `json:"id"`
	} `json:"registrar"`
	Pools []struct {
		Handle   string `json:"handle"`
		Elements []struct {
			ID    string `json:"id"`
			Home  string `json:"home_registrar"`
			State string `json:"state"`
		} `json:"elements"`
	} `json:"pools"`
}

// element is one in a pool.
type element struct{ Pool, ID string }

func (e element) String() string { return e.ID + " of " + e.Pool }

// homes are the elements of a view with their home registrars.
func (v view) homes() map[element]string {
	all := make(map[element]string)
	for _, p := range v.Pools {
		for _, e := range p.Elements {
			all[element{p.Handle, e.ID}] = e.Home
		}
	}
	return all
}

// shown bounds what is told of a long list.
const shown = 5

// different says where the handlespaces of registrars differ from each other and from
// the elements that live, and which homes are none: nothing if all is well.
func different(views []view, living map[element]bool) (faults []string) {
	alive := make(map[string]bool)
	for _, v := range views {
		alive[v.Registrar.ID] = true
	}
	for _, v := range views {
		have := v.homes()
		var missing, extra, homeless []string
		for e := range living {
			if _, ok := have[e]; !ok {
				missing = append(missing, e.String())
			}
		}
		for e, home := range have {
			if !living[e] {
				extra = append(extra, e.String())
			} else if !alive[home] {
				homeless = append(homeless, e.String()+" at "+home)
			}
		}
		for _, f := range []struct {
			what string
			list []string
		}{{"lacks", missing}, {"has, though they do not live,", extra}, {"has, at a home that does not live,", homeless}} {
			if len(f.list) > 0 {
				faults = append(faults, fmt.Sprintf("registrar %s %s %d elements: %s", v.Registrar.ID, f.what, len(f.list), some(f.list)))
			}
		}
		if first := views[0]; v.Digest != first.Digest {
			faults = append(faults, fmt.Sprintf("registrar %s has digest %s, %s has %s%s", v.Registrar.ID, v.Digest, first.Registrar.ID, first.Digest, homesApart(first, v)))
		}
	}
	return faults
}

// homesApart says which elements have different homes at two registrars.
func homesApart(a, b view) string {
	at, other := a.homes(), b.homes()
	var list []string
	for e, home := range at {
		if there, ok := other[e]; ok && there != home {
			list = append(list, fmt.Sprintf("%v at %s and %s", e, home, there))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return fmt.Sprintf("; %d elements have different homes: %s", len(list), some(list))
}

func some(list []string) string {
	slices.Sort(list)
	if len(list) > shown {
		return strings.Join(list[:shown], ", ") + " ..."
	}
	return strings.Join(list, ", ")
}

// crash finds the line of a log with which a program of Go died.
func crash(text []byte) string {
	for line := range bytes.Lines(text) {
		for _, begin := range []string{"panic:", "fatal error:", "SIGSEGV", "unexpected fault"} {
			if bytes.HasPrefix(line, []byte(begin)) {
				return string(bytes.TrimSpace(line))
			}
		}
	}
	return ""
}

// usage is what a registrar used at one moment.
type usage struct {
	Goroutines, Descriptors, Associations int
	// Live is the heap that is in use after a garbage collection, Resident the memory
	// of the process, in bytes.
	Live, Resident int64
}

const (
	// goroutinesPer is how many goroutines an association has.
	goroutinesPer = 7
	// spareGoroutines and spareDescriptors are for what comes and goes: a request of an
	// operator, a dial.
	spareGoroutines, spareDescriptors = 20, 6
	// spareMemory is what a registrar may have grown by, and growth how often it may
	// have as much as in the beginning.
	spareMemory, growth = 48 << 20, 2
)

// leaks says what a registrar has more of than in the beginning, that of its
// associations apart.
func leaks(name string, before, after usage) (faults []string) {
	if want := before.Goroutines + goroutinesPer*(after.Associations-before.Associations); after.Goroutines > want+spareGoroutines {
		faults = append(faults, fmt.Sprintf("%s has %d goroutines with %d associations, in the beginning %d with %d: want about %d", name, after.Goroutines, after.Associations, before.Goroutines, before.Associations, want))
	}
	if after.Descriptors > before.Descriptors+spareDescriptors {
		faults = append(faults, fmt.Sprintf("%s has %d descriptors, in the beginning %d", name, after.Descriptors, before.Descriptors))
	}
	if after.Resident > growth*before.Resident+spareMemory {
		faults = append(faults, fmt.Sprintf("%s has %d MB resident, in the beginning %d MB", name, after.Resident>>20, before.Resident>>20))
	}
	return faults
}

func (u usage) String() string {
	return fmt.Sprintf("%d goroutines and %d descriptors with %d associations, %.1f MB live heap, %d MB resident",
		u.Goroutines, u.Descriptors, u.Associations, float64(u.Live)/(1<<20), u.Resident>>20)
}
