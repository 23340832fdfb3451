// Command pulumi-resource-kafka is the resource plugin behind the npm package @pulumi/kafka, built
// here for machines that cannot download the released one: the same Terraform provider behind the
// same bridge, at the same versions, under the same tokens.
package main

import (
	"strings"

	"github.com/Mongey/terraform-provider-kafka/kafka"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/info"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
)

// version is set by the build to that of @pulumi/kafka.
var version = "3.13.2"

// schema is all that the engine asks for when it runs a program; the full one serves only code
// generators, which have no use for this build.
func schema() []byte {
	return []byte(`{"name":"kafka","version":"` + version + `"}`)
}

// token gives resources the names that the npm package declares (kafka:index/topic:Topic) and
// functions theirs (kafka:index:getTopic).
func token(module, name string) (string, error) {
	if strings.HasPrefix(name, "get") {
		return "kafka:" + module + ":" + name, nil
	}
	return "kafka:" + module + "/" + strings.ToLower(name[:1]) + name[1:] + ":" + name, nil
}

// fromEnvironment is a provider setting with a default that an environment variable overrides.
func fromEnvironment(variable string, value any) *info.Schema {
	return &info.Schema{Default: &info.Default{EnvVars: []string{variable}, Value: value}}
}

func provider() info.Provider {
	described := info.Provider{
		P:       sdkv2.NewProvider(kafka.Provider()),
		Name:    "kafka",
		Version: version,
		Config: map[string]*info.Schema{
			"sasl_mechanism":  fromEnvironment("KAFKA_SASL_MECHANISM", "plain"),
			"skip_tls_verify": fromEnvironment("KAFKA_SKIP_VERIFY", false),
			"tls_enabled":     fromEnvironment("KAFKA_ENABLE_TLS", true),
		},
		Resources: map[string]*info.Resource{
			"kafka_acl": {Fields: map[string]*info.Schema{
				"resource_name": {Name: "aclResourceName"},
				"resource_type": {Name: "aclResourceType"},
			}},
		},
	}
	described.MustComputeTokens(tokens.SingleModule("kafka_", "index", token))
	described.SetAutonaming(255, "-")
	return described
}

func main() {
	tfbridge.Main("kafka", version, provider(), schema())
}
