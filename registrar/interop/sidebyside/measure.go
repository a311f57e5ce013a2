package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Where everybody listens. RSPLIB takes no elements on the loopback.
const (
	host        = "10.7.0.1"
	echoAt      = host + ":3870"
	oursAt      = host + ":3863"
	oursENRP    = host + ":9901"
	theirsAt    = host + ":3864"
	theirsENRP  = host + ":9902"
	joinsAt     = host + ":3865"
	joinsENRPAt = host + ":9903"
)

// plan is what to measure.
type plan struct {
	program       string
	passes, joins int
	elements      int
	duration      time.Duration
}

// shape is how much is asked at once.
type shape struct{ Associations, Depth int }

func (s shape) String() string { return fmt.Sprintf("%d x %d", s.Associations, s.Depth) }

var shapes = []shape{{1, 1}, {1, 16}, {4, 1}, {4, 16}, {16, 1}, {16, 16}}

// The kinds of work and those who do it.
const (
	resolve    = "resolve"
	reregister = "reregister"
	pingpong   = "pingpong"

	ceiling = "ceiling"
	ours    = "ours"
	theirs  = "RSPLIB"
)

// sample is one measurement. P50 and P99 are in microseconds, CPU is the server's in
// milliseconds for 1,000 requests.
type sample struct {
	Pass           int
	Shape          shape
	Work, Who      string
	Rate, P50, P99 float64
	CPU            float64
	Errors         uint64
}

// join is a registrar that has come to a mentor of its kind.
type join struct {
	Who      string
	Elements int
	Seconds  float64
	// CPU of who joins, in microseconds for an element.
	CPU float64
}

type results struct {
	Samples []sample
	Joins   []join
}

// measure starts all servers, and asks them pass by pass.
func (p plan) measure() (r results, err error) {
	for _, line := range []string{"link add dummy0 type dummy", "address add " + host + "/24 dev dummy0", "link set dummy0 up"} {
		if out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil {
			return r, fmt.Errorf("ip %s: %w: %s", line, err, out)
		}
	}
	echo, err := start(p.program, "bench", "echo", "--transport", "kernel", "--listen", echoAt)
	if err != nil {
		return r, err
	}
	defer echo.stop()
	our, err := p.ours()
	if err != nil {
		return r, err
	}
	defer our.stop()
	their, err := rspregistrar(theirsAt, theirsENRP, seldom)
	if err != nil {
		return r, err
	}
	defer their.stop()
	for _, at := range []string{oursAt, theirsAt} {
		if err := p.await(at); err != nil {
			return r, err
		}
	}
	both := []asked{{ours, oursAt, our}, {theirs, theirsAt, their}}
	for pass := range p.passes {
		for _, s := range shapes {
			of := sample{Pass: pass, Shape: s, Work: pingpong, Who: ceiling}
			if err := p.ask(&r, of, asked{ceiling, echoAt, echo}); err != nil {
				return r, err
			}
			for _, work := range []string{resolve, reregister} {
				for i := range both {
					who := both[(i+pass)%2] // each is first as often
					if err := p.ask(&r, sample{Pass: pass, Shape: s, Work: work, Who: who.name}, who); err != nil {
						return r, err
					}
				}
			}
		}
	}
	return r, p.joinAll(&r, both)
}

// asked is one of the servers.
type asked struct {
	name, at string
	*process
}

// bench runs `registrar bench` and reads what it prints.
func (p plan) bench(into any, args ...string) error {
	cmd := exec.Command(p.program, append([]string{"bench"}, append(args, "--transport", "kernel", "-o", "json", "-q")...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("bench %s: %w", strings.Join(args, " "), err)
	}
	return json.Unmarshal(out, into)
}

// ask takes one sample.
func (p plan) ask(r *results, s sample, who asked) error {
	var j struct {
		Phases []struct {
			Name    string
			Rate    float64                    `json:"requests_per_second"`
			Latency struct{ P50, P99 float64 } `json:"latency_microseconds"`
			Errors  map[string]uint64
			Server  struct {
				CPU float64 `json:"cpu_ms_per_1000_requests"`
			}
		}
	}
	args := []string{
		s.Work, "--registrar", who.at, "--pid", strconv.Itoa(who.pid()), "--duration", p.duration.String(),
		"--associations", strconv.Itoa(s.Shape.Associations), "--depth", strconv.Itoa(s.Shape.Depth),
	}
	if err := p.bench(&j, args...); err != nil {
		return err
	}
	for _, phase := range j.Phases {
		if phase.Name != s.Work {
			continue
		}
		s.Rate, s.P50, s.P99, s.CPU = phase.Rate, phase.Latency.P50, phase.Latency.P99, phase.Server.CPU
		for _, n := range phase.Errors {
			s.Errors += n
		}
	}
	fmt.Printf("pass %d, %v, %s, %s: %.0f/s, p50 %.0f µs, CPU %.0f, %d errors\n", s.Pass+1, s.Shape, s.Work, s.Who, s.Rate, s.P50, s.CPU, s.Errors)
	r.Samples = append(r.Samples, s)
	return nil
}

// await returns when a registrar answers.
func (p plan) await(at string) error {
	var err error
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if err = exec.Command(p.program, "bench", "resolve", "--pool", "none", "--requests", "1", "--transport", "kernel", "-q", "--registrar", at).Run(); err == nil {
			return nil
		}
	}
	return fmt.Errorf("no answer from %s in a minute: %w", at, err)
}

// process is a server under way.
type process struct{ *exec.Cmd }

func start(program string, args ...string) (*process, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir = os.TempDir() // RSPLIB's leave files where they are
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	return &process{cmd}, nil
}

func (p *process) pid() int { return p.Process.Pid }

// stop ends it as its user would, and otherwise at once.
func (p *process) stop() {
	_ = p.Process.Signal(syscall.SIGINT)
	late := time.AfterFunc(10*time.Second, func() { _ = p.Process.Kill() })
	defer late.Stop()
	_ = p.Wait() // however it ended
}

func (p plan) ours() (*process, error) {
	return start(p.program, "serve", "--transport", "kernel", "--asap", oursAt, "--enrp", oursENRP, "--asap-tcp", "off", "--keepalive-interval", "1h", "-q")
}

// seldom keeps RSPLIB's registrar from asking 50,000 elements of one association at
// once whether they live: it aborts the association that has no room for that. Ours asks
// as seldom.
const seldom = "-endpointkeepalivetransmissioninterval=3600000"

func rspregistrar(asap, enrp string, more ...string) (*process, error) {
	return start("rspregistrar", append([]string{"-asap=" + asap, "-enrp=" + enrp, "-asapannounce=off", "-enrpannounce=off"}, more...)...)
}
