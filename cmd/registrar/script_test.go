package main

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
	"go.uber.org/goleak"
)

// scriptDir has a script for each command, which shows it as a user would.
const scriptDir = "testdata/script"

// scriptsAtOnce is more than there are processors: scripts wait for each other's
// processes and for timers, and compute little.
const scriptsAtOnce = "6"

// scriptLimit is how long all scripts may take, on a machine that has more to do.
const scriptLimit = 6 * time.Minute

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", scriptsAtOnce); err != nil { // what is given on the command line wins
		panic(err)
	}
	testscript.Main(leakless{m}, map[string]func(){
		"registrar": func() { os.Exit(process(os.Args[1:])) },
	})
}

// leakless fails where tests leave goroutines behind.
type leakless struct{ *testing.M }

func (m leakless) Run() int {
	code := m.M.Run()
	if err := goleak.Find(); code == 0 && err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return code
}

// TestScript plays the scripts of the commands.
func TestScript(t *testing.T) {
	t.Parallel() // to wait beside the others that wait
	testscript.Run(t, scriptParams(t, scriptDir))
}

// scriptParams are for the scripts in a directory. Beside testscript's commands they
// have those of script_commands_test.go and script_process_test.go, and in their
// environment where some files of the repository are.
func scriptParams(t *testing.T, dir string) testscript.Params {
	t.Helper()
	files := map[string]string{"captures": "../../registrar/capture/pcapng/testdata", "dist": "dist/files"}
	for name, path := range files {
		var err error
		if files[name], err = filepath.Abs(path); err != nil {
			t.Fatal(err)
		}
	}
	return testscript.Params{
		Deadline: time.Now().Add(scriptLimit), // a command that does not end fails its script
		Dir:      dir, RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			for name, path := range files {
				e.Setenv(name, path)
			}
			e.Values[processesKey{}], e.Values[rewritesKey{}] = processes{}, &[]string{}
			return os.WriteFile(filepath.Join(e.WorkDir, "token"), []byte("0123456789abcdef\n"), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": scriptExits, "until": scriptUntil, "data": scriptData, "reaches": scriptReaches,
			"run": scriptRun, "await": scriptAwait, "ends": scriptEnds, "registrar-up": scriptRegistrarUp,
			"terminal": scriptTerminal,
		},
	}
}

// A script that ends itself has passed, whatever was to come: ends is for processes.
func TestNoScriptStops(t *testing.T) {
	for _, dir := range []string{scriptDir, documentedDir} {
		names, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
		if err != nil || len(names) == 0 {
			t.Fatalf("%d scripts in %s, %v", len(names), dir, err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if line := regexp.MustCompile(`(?m)^(stop|skip)\b.*`).Find(b); line != nil {
				t.Errorf("%s: %s: wants a condition in front", name, line)
			}
		}
	}
}

func TestEveryCommandHasAScript(t *testing.T) {
	for _, cmd := range newRootCmd(io.Discard).Commands() {
		name := filepath.Join(scriptDir, cmd.Name()+".txtar")
		if _, err := os.Stat(name); err != nil {
			t.Errorf("registrar %s has no script: write %s, which shows what it does", cmd.Name(), name)
		}
	}
}

// everyCommand calls do for the root command and all below it.
func everyCommand(do func(cmd *cobra.Command)) {
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		do(cmd)
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(newRootCmd(io.Discard))
}
