package main

import (
	"bytes"
	"debug/buildinfo"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// platform is where a program runs, in Go's words.
type platform struct{ os, arch string }

func (p platform) String() string { return p.os + "-" + p.arch }

// program is the registrar for one platform.
type program struct {
	platform
	data []byte
	info *buildinfo.BuildInfo
}

// build compiles the registrar for each platform, and takes from it what is the same
// on all of them.
func (r *release) build(platforms []platform) error {
	dir, err := os.MkdirTemp("", "dist")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	here := platform{runtime.GOOS, runtime.GOARCH}
	if !slices.Contains(platforms, here) {
		if _, err := r.compile(dir, here); err != nil {
			return err
		}
	}
	for _, p := range platforms {
		fmt.Fprintln(os.Stderr, "building for", p)
		name, err := r.compile(dir, p)
		if err != nil {
			return err
		}
		built := program{platform: p}
		if built.data, err = os.ReadFile(name); err != nil {
			return err
		}
		if built.info, err = buildinfo.ReadFile(name); err != nil {
			return err
		}
		r.programs = append(r.programs, built)
	}
	return errors.Join(r.ask(filepath.Join(dir, here.String())), r.readTexts(), r.readLicences())
}

// compile makes the registrar for p in dir, and gives the file's name. It is static,
// runs on every processor of p, and has no path of this machine in it.
func (r *release) compile(dir string, p platform) (string, error) {
	name := filepath.Join(dir, p.String())
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -X main.version="+r.version, "-o", name, "./cmd/registrar")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.os, "GOARCH="+p.arch, "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=")
	_, err := output(cmd)
	return name, err
}

// ask lets the program write its manual pages and completions.
func (r *release) ask(program string) error {
	dir, err := os.MkdirTemp("", "dist")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	man := exec.Command(program, "man", dir)
	man.Env = append(os.Environ(), fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.date.Unix()))
	if _, err := output(man); err != nil {
		return err
	}
	pages, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, page := range pages {
		text, err := os.ReadFile(filepath.Join(dir, page.Name()))
		if err != nil {
			return err
		}
		r.man.add(page.Name(), text)
	}
	for shell, into := range map[string]*[]byte{"bash": &r.bash, "zsh": &r.zsh, "fish": &r.fish} {
		if *into, err = output(exec.Command(program, "completion", shell)); err != nil {
			return err
		}
	}
	return nil
}

// output is what cmd writes; the error has what it says.
func output(cmd *exec.Cmd) ([]byte, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, stderr.Bytes())
	}
	return out, nil
}
