// Package crds asks the code of Kubernetes' own API server what it would make of the custom resource definitions in
// deploy/operator/crds: whether it takes them (structure, CEL types, the estimated cost of each rule) and whether it
// takes and refuses the objects of the cases that the unit test of the module kubernetes reads too.
package crds

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/install"
	definitions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

const (
	definitionsFolder = "../../deploy/operator/crds"
	casesFolder       = "../../kubernetes/src/test/resources/crds"
)

type object struct {
	Name string         `json:"name"`
	Spec map[string]any `json:"spec"`
}

type example struct {
	Rule     string  `json:"rule"`
	Before   *object `json:"before"`
	Accepted object  `json:"accepted"`
	Refused  object  `json:"refused"`
}

func (o object) resource() map[string]any {
	return map[string]any{
		"apiVersion": "hansa.dev/v1alpha1",
		"kind":       "Any",
		"metadata":   map[string]any{"name": o.Name},
		"spec":       o.Spec,
	}
}

func definition(t *testing.T, file string) *apiextensions.CustomResourceDefinition {
	t.Helper()
	scheme := runtime.NewScheme()
	install.Install(scheme)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDecoder(apiextensions.SchemeGroupVersion)
	read, _, err := decoder.Decode(text, nil, nil)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return read.(*apiextensions.CustomResourceDefinition)
}

func files(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(definitionsFolder, "*.yaml"))
	if err != nil || len(found) != 11 {
		t.Fatalf("expected 11 definitions in %s; found %d (%v)", definitionsFolder, len(found), err)
	}
	return found
}

func TestApiServerTakesEachDefinition(t *testing.T) {
	for _, file := range files(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			for _, problem := range definitions.ValidateCustomResourceDefinition(context.Background(), definition(t, file)) {
				t.Errorf("%v", problem)
			}
		})
	}
}

// server is what an API server holds an object to.
type server struct {
	values     validation.SchemaValidator
	structural *schema.Structural
	rules      *cel.Validator
}

func serverOf(t *testing.T, definition *apiextensions.CustomResourceDefinition) server {
	t.Helper()
	validated := definition.Spec.Validation
	if validated == nil {
		validated = definition.Spec.Versions[0].Schema
	}
	values, _, err := validation.NewSchemaValidator(validated.OpenAPIV3Schema)
	if err != nil {
		t.Fatal(err)
	}
	structural, err := schema.NewStructural(validated.OpenAPIV3Schema)
	if err != nil {
		t.Fatal(err)
	}
	return server{values, structural, cel.NewValidator(structural, true, celconfig.PerCallLimit)}
}

// problems are what the server refuses an object with, one to a line.
func (s server) problems(object map[string]any, before map[string]any) string {
	var lines []string
	for _, problem := range validation.ValidateCustomResource(nil, object, s.values) {
		lines = append(lines, problem.Error())
	}
	if len(lines) == 0 && s.rules != nil {
		var old any
		if before != nil {
			old = before
		}
		found, _ := s.rules.Validate(context.Background(), nil, s.structural, object, old, celconfig.RuntimeCELCostBudget)
		for _, problem := range found {
			lines = append(lines, problem.Error())
		}
	}
	return strings.Join(lines, "\n")
}

func TestApiServerTakesAndRefusesTheObjectsOfTheCases(t *testing.T) {
	for _, file := range files(t) {
		name := filepath.Base(file)
		text, err := os.ReadFile(filepath.Join(casesFolder, name))
		if err != nil {
			t.Fatal(err)
		}
		var cases []example
		if err := yaml.UnmarshalStrict(text, &cases); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		server := serverOf(t, definition(t, file))
		for _, one := range cases {
			t.Run(name+"/"+one.Rule, func(t *testing.T) {
				var before map[string]any
				if one.Before != nil {
					before = one.Before.resource()
				}
				if found := server.problems(one.Accepted.resource(), before); found != "" {
					t.Errorf("expected it to be accepted; found %s", found)
				}
				found := server.problems(one.Refused.resource(), before)
				if found == "" {
					t.Errorf("expected a refusal; found none")
				}
				if one.Rule != "schema" && !strings.Contains(found, one.Rule) {
					t.Errorf("expected a refusal by %q; found %s", one.Rule, found)
				}
			})
		}
	}
}

// A field that the server dropped would make a rule wider than its author meant.
func TestApiServerKeepsFieldsThatItDoesNotKnow(t *testing.T) {
	server := serverOf(t, definition(t, filepath.Join(definitionsFolder, "service-intentions.yaml")))
	source := map[string]any{"name": "web", "namespace": "prod", "action": "allow"}
	object := object{"a", map[string]any{"destination": map[string]any{"name": "cart", "namespace": "x"}, "sources": []any{source}, "other": true}}.resource()

	pruning.Prune(object, server.structural, true)

	spec := object["spec"].(map[string]any)
	if source["namespace"] != "prod" || spec["other"] != true || spec["destination"].(map[string]any)["namespace"] != "x" {
		t.Errorf("expected all fields to be kept; found %v", object)
	}
}
