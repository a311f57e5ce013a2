package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var ordinary = size{Registrars: 5, ElementHosts: 4, Pools: 5}

func TestPlan(t *testing.T) {
	const length = 10 * time.Minute
	seen := make(map[kind]int)
	for seed := uint64(1); seed <= 50; seed++ {
		all := plan(seed, length, ordinary)
		if diff := cmp.Diff(all, plan(seed, length, ordinary)); diff != "" {
			t.Fatalf("seed %d gives two schedules:\n%s", seed, diff)
		}
		if len(all) < 50 {
			t.Errorf("seed %d: only %d faults in %v", seed, len(all), length)
		}
		for i, f := range all {
			seen[f.Kind]++
			if f.end() > length {
				t.Errorf("seed %d: %v is not over in time", seed, f)
			}
			if i > 0 && f.At < all[i-1].At {
				t.Errorf("seed %d: %v comes after %v", seed, f, all[i-1])
			}
		}
		for at := time.Duration(0); at < length; at += 100 * time.Millisecond {
			atOnce(t, seed, at, all)
		}
	}
	for k := range oneWay + 1 {
		if seen[k] < 50 {
			t.Errorf("%d times %v in 50 schedules", seen[k], k)
		}
	}
}

// atOnce checks what is the matter at one time.
func atOnce(t *testing.T, seed uint64, at time.Duration, all []fault) {
	t.Helper()
	registrars, hosts := make(map[int]bool), make(map[int]bool)
	storms := 0
	for _, f := range all {
		if at < f.At || at >= f.end() {
			continue
		}
		if f.Kind == rough {
			storms++
		}
		for _, r := range f.Registrars {
			if registrars[r] {
				t.Fatalf("seed %d: registrar %d has two faults at %v", seed, r, at)
			}
			registrars[r] = true
		}
		for _, h := range f.Hosts {
			hosts[h] = true
		}
	}
	if len(registrars) > mostOut || len(hosts) > mostOut || storms > 1 {
		t.Fatalf("seed %d: %d registrars, %d element hosts and %d storms at %v, want 2, 2 and 1 at most", seed, len(registrars), len(hosts), storms, at)
	}
}

func TestChurn(t *testing.T) {
	const length, groups, ofPool, registrars, steady = time.Hour, 20, 4, 5, 3
	all := churn(7, length, groups, ofPool, registrars, steady)
	if diff := cmp.Diff(all, churn(7, length, groups, ofPool, registrars, steady)); diff != "" {
		t.Fatalf("one seed gives two schedules:\n%s", diff)
	}
	count := make(map[act]int)
	balance := make(map[int]int)
	for _, turn := range all {
		count[turn.Act]++
		switch turn.Act {
		case endElements, killElementsNow:
			balance[turn.Which]++
		case startElements:
			balance[turn.Which]--
		case endRegistrar, killRegistrarNow, startRegistrar:
			if turn.Which < steady {
				t.Errorf("registrar %d is restarted", turn.Which)
			}
		case takeSample:
		}
		if turn.At > length {
			t.Errorf("%v is too late", turn)
		}
	}
	for group, out := range balance {
		if out != 0 {
			t.Errorf("group %d ends %d times more than it begins", group, out)
		}
	}
	if count[takeSample] != samples || count[endRegistrar] == 0 || count[killRegistrarNow] == 0 ||
		count[endRegistrar]+count[killRegistrarNow] != count[startRegistrar] || count[endElements] < 100 || count[killElementsNow] < 100 {
		t.Errorf("an hour has %v", count)
	}
}
