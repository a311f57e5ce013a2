//go:build linux

package main

// measure says what a registrar uses, right after a garbage collection: what is in use
// then is not garbage.
func (r *registrar) measure() (usage, metrics, error) {
	var text string
	if err := r.get("http://"+pprofAddr+"/debug/pprof/heap?gc=1", &text); err != nil {
		return usage{}, nil, err
	}
	if err := r.get("http://"+httpAddr+"/metrics", &text); err != nil {
		return usage{}, nil, err
	}
	m := parseMetrics(text)
	u := m.usage()
	r.peak = max(r.peak, u.Resident)
	return u, m, nil
}
