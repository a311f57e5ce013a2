package main

import (
	"context"
	"log/slog"
	"math"
	"runtime"
	"time"

	"rserpool/registrar/client"
)

const (
	// loadInterval is how often a measured load is looked at, and at most told.
	loadInterval = time.Second
	// loadStep is the least change of a processor's load worth telling: without
	// it, every look would find another one.
	loadStep = 0.01
)

// meter measures a load as a share, 0 to 1.
type meter func() (float64, error)

// meterOf is what --load wants measured of w; nil for nothing.
func (f *fleet) meterOf(w worker) (meter, error) {
	switch f.load {
	case loadAuto:
		if s, ok := w.(*server); ok {
			return s.load, nil
		}
	case loadCPU:
		used := ownCPUTime
		if p, ok := w.(*program); ok {
			used = p.cpuTime
		}
		m := &cpuMeter{used: used, began: time.Now()}
		_, err := m.share()
		return m.share, err
	}
	return nil, nil
}

// cpuMeter measures the processor time used between two looks.
type cpuMeter struct {
	used   func() (time.Duration, error)
	before time.Duration
	began  time.Time
}

// share is that of all processors since the last call, in steps of loadStep.
func (m *cpuMeter) share() (float64, error) {
	used, err := m.used()
	if err != nil {
		return 0, err
	}
	now := time.Now()
	share := float64(used-m.before) / (float64(now.Sub(m.began)) * float64(runtime.GOMAXPROCS(0)))
	m.before, m.began = used, now
	return math.Round(min(1, max(0, share))/loadStep) * loadStep, nil
}

// reportLoad keeps the policy's load at what is measured.
func (f *fleet) reportLoad(ctx context.Context, reg *client.Registration, measure meter) {
	tick := time.NewTicker(loadInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		share, err := measure()
		if err != nil {
			f.log.Warn("element.load", slog.String("id", reg.State().ID.String()), slog.Any("error", err))
			return
		}
		if err := reg.SetLoad(share); err != nil {
			return // the client is closed
		}
	}
}
