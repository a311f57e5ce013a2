package whatif

import (
	"math"

	"rserpool/registrar/wire"
)

// Verdict compares what a run selected with what it ought to.
type Verdict struct {
	Fits bool
	// ByChance: the policy draws, so the counts differ from the ideal by chance, and
	// Chi2, Degrees and P tell whether by more than that (Pearson's test).
	ByChance bool
	Chi2     float64
	Degrees  int
	P        float64
	// Deviation is the largest difference of a share, At the member that has it.
	Deviation float64
	At        int
}

// unlikely is the probability below which chance does not explain a difference.
const unlikely = 0.001

// Judge compares counts with ideal shares; the three are in the same order.
func Judge(members []Member, counts []int, ideal []float64) Verdict {
	v := Verdict{Fits: true, P: 1}
	n := 0
	for _, c := range counts {
		n += c
	}
	if n == 0 {
		return v
	}
	for i, c := range counts {
		if d := math.Abs(float64(c)/float64(n) - ideal[i]); d > v.Deviation {
			v.Deviation, v.At = d, i
		}
	}
	for i, m := range members {
		if m.Fails {
			continue
		}
		v.ByChance = draws(m.Policy.Type)
		if off := math.Abs(float64(counts[i]) - ideal[i]*float64(n)); !v.ByChance && off > slack(members, m)+1 {
			v.Fits = false
		}
	}
	if v.ByChance {
		v.chi2(counts, ideal, float64(n))
	}
	return v
}

func draws(t wire.PolicyType) bool {
	return t == wire.Random || t == wire.WeightedRandom || t == wire.RandomizedLeastUsed
}

// slack is by how much a policy that draws nothing may be off at the end of a run
// beside rounding: a turn that has not come round, or the step of another.
func slack(members []Member, m Member) float64 {
	switch m.Policy.Type {
	case wire.WeightedRoundRobin:
		return float64(m.Policy.Weight)
	case wire.LeastUsedDegradation:
		var largest uint32
		for _, o := range members {
			if !o.Fails {
				largest = max(largest, o.Policy.Degradation)
			}
		}
		if m.Policy.Degradation == 0 {
			return float64(len(members))
		}
		return float64(largest) / float64(m.Policy.Degradation)
	default:
		return 0
	}
}

func (v *Verdict) chi2(counts []int, ideal []float64, n float64) {
	v.Degrees = -1
	for i, share := range ideal {
		if share == 0 {
			v.Fits = v.Fits && counts[i] == 0
			continue
		}
		off := float64(counts[i]) - share*n
		v.Chi2 += off * off / (share * n)
		v.Degrees++
	}
	if v.Degrees > 0 {
		v.P = upperGamma(float64(v.Degrees)/2, v.Chi2/2)
		v.Fits = v.Fits && v.P >= unlikely
	}
}

// upperGamma is the regularised incomplete gamma function Q(a, x): the series of
// its complement where that converges fast, else the continued fraction.
func upperGamma(a, x float64) float64 {
	const rounds, precise = 500, 1e-12
	if x <= 0 {
		return 1
	}
	logGamma, _ := math.Lgamma(a)
	front := math.Exp(a*math.Log(x) - x - logGamma)
	if x < a+1 {
		term, sum := 1/a, 1/a
		for k := 1; k < rounds && term > precise*sum; k++ {
			term *= x / (a + float64(k))
			sum += term
		}
		return 1 - front*sum
	}
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	h := d
	for k := 1; k < rounds; k++ {
		an := -float64(k) * (float64(k) - a)
		b += 2
		d = 1 / nonzero(an*d+b)
		c = nonzero(b + an/c)
		step := d * c
		h *= step
		if math.Abs(step-1) < precise {
			break
		}
	}
	return front * h
}

// tiny stands for 0 where there is a division by it (Lentz's method).
const tiny = 1e-300

func nonzero(v float64) float64 {
	if math.Abs(v) < tiny {
		return tiny
	}
	return v
}
