package dev.hansa.kubernetes.api;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.hansa.bootstrap.Secret;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/// What a pod asks a server before it is in the mesh, with a token that it logs in for.
public final class PodApi implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HansaApi api;

    /// @param access its token file is not looked at
    /// @throws IOException naming the CA file when it has no certificates
    public PodApi(ApiAccess access) throws IOException {
        this.api = new HansaApi(access);
    }

    /// @param bearer a JWT
    /// @param pod for the token's description
    /// @return a token for the other questions, to be given back by [#logout]
    public Secret login(String method, Secret bearer, String pod)
            throws ApiException, InterruptedException {
        var body = JSON.createObjectNode().put("AuthMethod", method);
        body.put("BearerToken", bearer.value()).putObject("Meta").put("pod", pod);
        try {
            var answer = api.asked("POST", "/v1/acl/login", body.toString(), Optional.empty());
            return new Secret(answer.path("SecretID").asText());
        } catch (ApiException e) {
            throw new ApiException(
                    e.reason(), e.sentence().replace(bearer.value(), "<redacted>"), e);
        }
    }

    public void logout(Secret token) throws ApiException, InterruptedException {
        api.asked("POST", "/v1/acl/logout", "", Optional.of(token.value()));
    }

    /// The services that have an instance which the filter takes.
    ///
    /// @param filter in Consul's language
    public SortedSet<String> services(Secret token, String filter)
            throws ApiException, InterruptedException {
        var names = new TreeSet<String>();
        api.asked(
                        "GET",
                        "/v1/catalog/services?filter="
                                + URLEncoder.encode(filter, StandardCharsets.UTF_8),
                        "",
                        Optional.of(token.value()))
                .properties()
                .forEach(each -> names.add(each.getKey()));
        return names;
    }

    /// @param body as `POST /v1/hansa/join-token` takes it
    public Secret joinToken(Secret token, ObjectNode body)
            throws ApiException, InterruptedException {
        return new Secret(
                api.asked(
                                "POST",
                                "/v1/hansa/join-token",
                                body.toString(),
                                Optional.of(token.value()))
                        .path("JoinToken")
                        .asText());
    }

    @Override
    public void close() {
        api.close();
    }
}
