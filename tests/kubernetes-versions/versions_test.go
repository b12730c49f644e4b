// Package versions asks the types of a minor of Kubernetes what they make of the objects that we hand it: those that the
// chart comes to in each case of its tests, the manifests of the operator and those of the demo. A field that this minor
// does not have, or has as another type, is an error, as it is for an API server that validates strictly.
package versions

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	admissionregistration "k8s.io/api/admissionregistration/v1"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
)

const root = "../.."

// Groups that are not Kubernetes' own: tests/crds judges the definitions, and kubectl reads a kustomization itself.
var others = []string{"apiVersion: hansa.dev/", "apiVersion: consul.hashicorp.com/", "apiVersion: kustomize.config.k8s.io/"}

func decoder(t *testing.T) runtime.Decoder {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		admissionregistration.AddToScheme, apps.AddToScheme, batch.AddToScheme, core.AddToScheme,
		networking.AddToScheme, policy.AddToScheme, rbac.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
}

func files(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{
		"cli/src/test/resources/chart/*/expected/*.yaml",
		"deploy/operator/*.yaml",
		"deploy/demo/plain/*.yaml",
		"deploy/demo/meshed/*.yaml",
	} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) == 0 {
			t.Fatalf("%s: expected files; found none", pattern)
		}
		all = append(all, found...)
	}
	return all
}

// The documents of a file that say what they are; patches of the demo are merged by kubectl before anybody judges them.
func objects(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
documents:
	for _, document := range strings.Split("\n"+string(text), "\n---\n") {
		if !strings.Contains("\n"+document, "\nkind: ") {
			continue
		}
		for _, other := range others {
			if strings.Contains(document, other) {
				continue documents
			}
		}
		found = append(found, document)
	}
	return found
}

func TestEachObjectIsOneOfThisKubernetes(t *testing.T) {
	strict := decoder(t)
	judged := 0
	for _, file := range files(t) {
		for _, object := range objects(t, file) {
			judged++
			if _, _, err := strict.Decode([]byte(object), nil, nil); err != nil {
				t.Errorf("%s: %v\n%s", file, err, object)
			}
		}
	}
	t.Logf("%d objects", judged)
	if judged < 100 {
		t.Errorf("expected more than 100 objects; found %d", judged)
	}
}

func TestAnotherFieldIsFound(t *testing.T) {
	for _, wrong := range []string{
		"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {prots: []}\n",
		"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {replicas: two}\n",
	} {
		if _, _, err := decoder(t).Decode([]byte(wrong), nil, nil); err == nil {
			t.Errorf("expected an error for: %s", wrong)
		}
	}
}
