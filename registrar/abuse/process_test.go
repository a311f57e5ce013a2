package abuse

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// built is where the registrar is built.
var built string

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// program is the registrar, built once.
var program = sync.OnceValues(func() (string, error) {
	var err error
	if built, err = os.MkdirTemp("", "abuse"); err != nil {
		return "", err
	}
	at := filepath.Join(built, "registrar")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", at, "rserpool/cmd/registrar").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return at, nil
})

// process is a command of the program that runs.
type process struct {
	name   string
	cmd    *exec.Cmd
	log    *logBuffer
	ended  chan struct{}
	places places
}

// places are where a registrar says that it is.
type places struct {
	ASAP    []string `json:"asap"`
	ASAPTCP []string `json:"asap_tcp"`
	ASAPTLS []string `json:"asap_tls"`
	ENRP    []string `json:"enrp"`
	HTTP    string   `json:"http"`
	PProf   string   `json:"pprof"`
}

// logBuffer keeps the end of a log.
type logBuffer struct {
	mu   sync.Mutex
	text []byte
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, b...)
	if len(l.text) > 64<<10 {
		l.text = bytes.Clone(l.text[len(l.text)-32<<10:])
	}
	return len(b), nil
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.text)
}

// run runs a command of the program until the end of the test.
func run(t *testing.T, name string, args ...string) (p *process, stdout io.Reader) {
	t.Helper()
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	p = &process{name: name, cmd: exec.Command(file, args...), log: &logBuffer{}, ended: make(chan struct{})}
	p.cmd.Stderr = p.log
	stdout, err = p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = p.cmd.Process.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-p.ended:
		case <-time.After(20 * time.Second):
			_ = p.cmd.Process.Kill()
			<-p.ended
		}
		if log := p.log.String(); strings.Contains(log, "panic:") || strings.Contains(log, "fatal error:") {
			t.Errorf("%s has panicked:\n%s", name, log)
		}
	})
	return p, stdout
}

// serve runs a registrar, and waits until it says where.
func serve(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p, stdout := run(t, name, append([]string{
		"serve", "-o", "json", "--asap", "127.0.0.1:0", "--enrp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--pprof", "127.0.0.1:0",
	}, args...)...)
	if err := json.NewDecoder(stdout).Decode(&p.places); err != nil {
		t.Fatalf("%s does not say where it is: %v\n%s", name, err, p.log)
	}
	go func() { _, _ = io.Copy(io.Discard, stdout) }()
	eventually(t, time.Minute, name+" is ready", func() error {
		status, _, err := p.get("/readyz")
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("%d; log:\n%s", status, p.log)
		}
		return err
	})
	return p
}

// alive reports whether the process runs.
func (p *process) alive() bool {
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// eventually waits until f has no complaint any more.
func eventually(t *testing.T, patience time.Duration, what string, f func() error) {
	t.Helper()
	end := time.Now().Add(patience)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: not in %v: %v", what, patience, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// operator is a client of its own: it shares no connection with anybody.
var operator = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// get reads a path of the registrar.
func (p *process) get(path string) (status int, body []byte, err error) {
	return get("http://" + p.places.HTTP + path)
}

func get(url string) (status int, body []byte, err error) {
	res, err := operator.Get(url)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, body, err
}

// metrics are the samples by their names with labels, without the prefix.
type metrics map[string]float64

// metrics asks for them.
func (p *process) metrics() (metrics, error) {
	_, body, err := p.get("/metrics")
	if err != nil {
		return nil, err
	}
	m := metrics{}
	for line := range strings.Lines(string(body)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if name, isOurs := strings.CutPrefix(name, "rserpool_"); ok && isOurs {
			if f, err := strconv.ParseFloat(value, 64); err == nil {
				m[name] = f
			}
		}
	}
	return m, nil
}

// held is the handlespace as the export has it, in short.
type held struct {
	Digest string
	Pools  []struct {
		Handle   string
		Elements []struct{ ID string }
	}
	Peers []peerState
}

type peerState struct{ ID, State string }

func (p *process) held() (h held, err error) {
	_, body, err := p.get("/api/v1/handlespace")
	if err != nil {
		return h, err
	}
	return h, json.Unmarshal(body, &h)
}

// live is what lives in the heap and the stacks, after a garbage collection.
func (p *process) live() (int64, error) {
	_, body, err := get("http://" + p.places.PProf + "/debug/pprof/heap?gc=1&debug=1")
	if err != nil {
		return 0, err
	}
	var n int64
	for _, name := range []string{"HeapAlloc", "Stack"} {
		_, rest, ok := strings.Cut(string(body), "\n# "+name+" = ")
		text, _, _ := strings.Cut(rest, "\n")
		text, _, _ = strings.Cut(text, " ")
		value, err := strconv.ParseInt(text, 10, 64)
		if !ok || err != nil {
			return 0, fmt.Errorf("no %s in the heap profile: %q", name, text)
		}
		n += value
	}
	return n, nil
}

// resident is the resident set, and its peak since forgetPeak.
func (p *process) resident() (now, peak int64, err error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		fields := strings.Fields(s.Text())
		if len(fields) < 2 {
			continue
		}
		n, _ := strconv.ParseInt(fields[1], 10, 64)
		switch fields[0] {
		case "VmHWM:":
			peak = n << 10
		case "VmRSS:":
			now = n << 10
		}
	}
	return now, peak, nil
}

func (p *process) forgetPeak() error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", p.cmd.Process.Pid), []byte("5"), 0)
}
