package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// readLicences collects the terms of the modules that are linked into any of the
// programs, and of Go: most ask to be repeated wherever their code is.
func (r *release) readLicences() error {
	var modules []string
	for _, p := range r.programs {
		for _, m := range p.info.Deps {
			modules = append(modules, m.Path)
		}
	}
	slices.Sort(modules)
	modules = slices.Compact(modules)
	args := append([]string{"list", "-m", "-f", "{{.Path}} {{.Version}}\t{{.Dir}}"}, modules...)
	out, err := output(exec.Command("go", args...))
	if err != nil {
		return err
	}
	root, err := output(exec.Command("go", "env", "GOROOT"))
	if err != nil {
		return err
	}
	var all bytes.Buffer
	list := "Go " + runtime.Version() + "\t" + string(root) + string(out)
	for line := range strings.Lines(list) {
		module, dir, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if err := addLicences(&all, module, dir); err != nil {
			return err
		}
	}
	r.licences = all.Bytes()
	return nil
}

// addLicences writes the terms of one module, whose files are in dir.
func addLicences(all *bytes.Buffer, module, dir string) error {
	texts, err := termsIn(dir)
	if err != nil {
		return fmt.Errorf("%s: %w", module, err)
	}
	for _, f := range texts {
		fmt.Fprintf(all, "==== %s: %s\n\n%s\n\n", module, f.name, bytes.TrimSpace(f.data))
	}
	return nil
}

// termsIn are the files in dir that say what may be done with what is there.
func termsIn(dir string) (texts tree, err error) {
	for _, pattern := range []string{"LICEN[CS]E*", "COPYING*", "NOTICE*"} {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if info, err := os.Stat(name); err != nil || info.IsDir() {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			texts.add(filepath.Base(name), text)
		}
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("want a file LICENSE, LICENCE or COPYING in its directory %q, found none", dir)
	}
	return texts, nil
}
