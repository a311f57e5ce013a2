package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// The files of one run, in a directory that both sides see. The kernel hands
// jobVariable, which names the directory, to the first process.
const (
	jobVariable = "UML_JOB"
	jobFile     = "job.json"
	statusFile  = "status"
)

// job is what the guest is to do.
type job struct {
	Dir       string   // the program's working directory
	Args, Env []string // the program, its arguments and its environment
	Version   string   // of the kernel, as its modules' directory is named
}

// status is how the program ended: either its exit status, or why there is none.
type status struct {
	Code  int
	Error string
}

func store(dir, name string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), text, 0o600)
}

func load(dir, name string, v any) error {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
