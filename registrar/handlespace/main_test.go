package handlespace_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain makes every rapid model run 100,000 steps, unless the command line
// asks for another number or for a short run.
func TestMain(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "rapid.checks" || f.Name == "rapid.steps" })
	if !given && !testing.Short() {
		for name, value := range map[string]string{"rapid.checks": "1000", "rapid.steps": "100"} {
			if err := flag.Set(name, value); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}
