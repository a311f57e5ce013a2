package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// envPrefix precedes the flag's name in the environment.
const envPrefix = "REGISTRAR_"

// applySettings fills the flags of cmd that the command line left out: from the
// environment, else from the file that --config names.
func applySettings(cmd *cobra.Command) error {
	flags := cmd.Flags()
	if err := applyEnvironment(flags); err != nil {
		return err
	}
	name, err := flags.GetString("config")
	if err != nil || name == "" {
		return err
	}
	return applyFile(cmd, name)
}

// applyEnvironment sets what the command line left out. A list is written with
// commas.
func applyEnvironment(flags *pflag.FlagSet) error {
	var failed error
	flags.VisitAll(func(f *pflag.Flag) {
		name := envPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := os.LookupEnv(name)
		if f.Changed || !ok || !settable(f) {
			return
		}
		values := []string{value}
		if _, list := f.Value.(pflag.SliceValue); list {
			values = strings.Split(value, ",")
		}
		if err := errors.Join(set(flags, f.Name, values), tellSource(flags, f.Name, "environment "+name, "environment variable "+name)); err != nil {
			failed = errors.Join(failed, fmt.Errorf("environment variable %s: %w", name, err))
		}
	})
	return failed
}

// applyFile sets what command line and environment left out. A key is the name
// of a flag of any command: one file serves them all.
func applyFile(cmd *cobra.Command, name string) error {
	known := knownKeys(cmd.Root())
	faults, err := eachKey(name, func(key string, line int, value any) error {
		switch f := cmd.Flags().Lookup(key); {
		case !known[key]:
			return unknownKey(key)
		case f == nil || f.Changed:
			return nil
		default:
			return errors.Join(setAny(cmd.Flags(), key, value), tellSource(cmd.Flags(), key, "file "+name, fmt.Sprintf("%s: line %d", name, line)))
		}
	})
	if err == nil && len(faults) > 0 {
		err = faults[0]
	}
	if err != nil {
		return fmt.Errorf("--config %s: %w", name, err)
	}
	return nil
}

func unknownKey(key string) error {
	return fmt.Errorf("unknown key %q: want the name of a flag, without dashes in front", key)
}

// eachKey applies the keys of a file in their order. The faults name the lines of
// those that could not be applied, in the same order; err is why there are none.
func eachKey(name string, do func(key string, line int, value any) error) (faults []error, err error) {
	var values map[string]toml.Primitive
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	meta, err := toml.Decode(string(text), &values)
	if err != nil {
		return nil, err
	}
	done := make(map[string]bool)
	for _, path := range meta.Keys() {
		key := path[0]
		if done[key] {
			continue
		}
		done[key] = true
		line := lineOf(meta, values[key])
		if err := meta.PrimitiveDecode(values[key], setting(func(value any) error { return do(key, line, value) })); err != nil {
			if at, ok := errors.AsType[toml.ParseError](err); ok {
				err = fmt.Errorf("line %d: %s", at.Position.Line, at.Message)
			}
			faults = append(faults, err)
		}
	}
	return faults, nil
}

func setAny(flags *pflag.FlagSet, name string, value any) error {
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	values := make([]string, len(list))
	for i, v := range list {
		switch v.(type) {
		case string, bool, int64, float64:
			values[i] = fmt.Sprint(v)
		default:
			return fmt.Errorf("key %q: want a text, a number, true or false, or a list of these", name)
		}
	}
	if _, takesList := flags.Lookup(name).Value.(pflag.SliceValue); isList && !takesList {
		return fmt.Errorf("key %q: want one value, have a list", name)
	}
	return set(flags, name, values)
}

func set(flags *pflag.FlagSet, name string, values []string) error {
	for _, v := range values {
		if err := flags.Set(name, v); err != nil {
			return err
		}
	}
	return nil
}

// knownKeys are the flags of cmd and of all below it.
func knownKeys(cmd *cobra.Command) map[string]bool {
	known := make(map[string]bool)
	add := func(f *pflag.Flag) {
		if settable(f) && f.Name != "config" {
			known[f.Name] = true
		}
	}
	cmd.LocalFlags().VisitAll(add)
	for _, sub := range cmd.Commands() {
		for key := range knownKeys(sub) {
			known[key] = true
		}
	}
	return known
}

// settable leaves out what asks for something else than the command.
func settable(f *pflag.Flag) bool { return f.Name != "help" }
