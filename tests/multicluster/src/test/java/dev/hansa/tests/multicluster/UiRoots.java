package dev.hansa.tests.multicluster;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import dev.hansa.trustbundle.Datacenter;
import dev.hansa.trustbundle.TrustDomain;
import dev.hansa.trustbundle.ca.CaMaterial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.regex.Pattern;

/// The page of the certificate authority: a rotation to a root that is made, one to that of the
/// settings, and one that waits.
final class UiRoots {
    private UiRoots() {}

    /// An operator's own root, as the settings name it.
    static Map<String, String> own(Path folder) throws IOException {
        var ca =
                CaMaterial.create(
                        new TrustDomain("desk.consul"), new Datacenter("eks"), Instant.now());
        return Map.of(
                "HANSA_CA_ROOT_FILE",
                Files.writeString(folder.resolve("root.pem"), ca.rootPem()).toString(),
                "HANSA_CA_INTERMEDIATE_FILE",
                Files.writeString(folder.resolve("next.pem"), ca.intermediatePem()).toString(),
                "HANSA_CA_INTERMEDIATE_KEY_FILE",
                Files.writeString(folder.resolve("key.pem"), ca.intermediateKeyPem().value())
                        .toString());
    }

    private static String root(BareServer server) throws Exception {
        return server.must("GET", "/v1/connect/ca/roots", "").path("ActiveRootID").asText();
    }

    static void areRotated(BareServer server, Page page) throws Exception {
        var before = root(server);
        UiBrowser.go(page, "Certificates");
        assertThat(page.locator(".root")).hasCount(1);
        assertThat(page.locator(".root")).containsText(Pattern.compile("3,6(49|50) days left"));
        assertThat(page.locator(".root")).containsText(Pattern.compile("([0-9A-F]{2}:){31}"));
        assertThat(page.locator(".root")).containsText(Pattern.compile("36[45] days left"));
        UiBrowser.assertAccessible(page);
        UiBrowser.picture(page, "ca.png");
        UiBrowser.button(page, "Rotate the root…").click();
        assertThat(page.locator(".consequences"))
                .containsText("The present root's key is deleted when the new one begins to sign.");
        assertThat(UiBrowser.button(page, "Not now")).isFocused();
        UiBrowser.assertAccessible(page);
        UiBrowser.picture(page, "ca-rotate.png");

        UiBrowser.button(page, "Begin the rotation").click();

        assertThat(page.locator("li[aria-current=step][data-phase=retiring]")).isVisible();
        assertThat(page.locator(".root")).hasCount(2);
        assertThat(UiBrowser.button(page, "Rotate the root…")).isDisabled();
        UiBrowser.assertAccessible(page);
        UiBrowser.picture(page, "ca-rotating.png");
        assertThat(page.locator("main [role=status] .done")).containsText("The new root signs");
        assertThat(page.locator(".rotation-step.done")).hasCount(3);
        var after = root(server);
        assertThat(after).isNotEqualTo(before);
        assertThat(page.locator(".root[data-root='" + after + "'] .badge").first())
                .hasText("signs");
        assertThat(page.locator(".root")).hasCount(1);
        UiBrowser.darkPicture(page, "ca-done-dark.png");
        assertThat(page.locator("main")).containsText("made here");
        rootOfTheSettingsSignsAgain(server, page, before);
    }

    private static void rootOfTheSettingsSignsAgain(BareServer server, Page page, String theirs)
            throws Exception {
        UiBrowser.button(page, "Rotate the root…").click();
        page.locator("dialog[open]").getByText("the one in the settings").click();
        UiBrowser.button(page, "Begin the rotation").click();
        assertThat(page.locator("main")).containsText("the operator's own, from files");
        assertThat(page.locator("main [role=status] .done")).containsText("The new root signs");
        assertThat(page.locator(".root")).hasCount(1);
        assertThat(root(server)).isEqualTo(theirs);
    }

    /// As the API tells it when somebody is away, whose name is no name.
    static void whoIsWaitedForIsNamed(Page page) throws IOException {
        var answer =
                """
                {"TrustDomain": "x.consul", "ActiveRootID": "aa", "External": false, "Rotation": {
                  "Phase": "publishing", "OtherRootID": "bb", "StartedAt": "2026-11-29T01:00:00Z",
                  "Since": "2026-11-29T01:00:00Z", "Until": "2099-12-02T01:00:00Z", "WaitsFor": [
                   {"Kind": "peer", "Name": "lke", "Reason": "is not reachable and has not acknowledged both roots", "Since": "2026-11-29T01:00:00Z"},
                   {"Kind": "proxy", "Name": "%s", "Reason": "has not acknowledged both roots", "Since": "2026-11-29T01:00:00Z"}]}}
                """
                        .formatted(UiBrowser.SCRIPT.replace("\"", "\\\""));
        page.route(
                Pattern.compile(".*/v1/hansa/ca$"),
                route ->
                        route.fulfill(
                                new Route.FulfillOptions()
                                        .setContentType("application/json")
                                        .setBody(answer)));
        assertThat(page.locator("li[aria-current=step] tbody tr")).hasCount(2);
        assertThat(page.locator("li[aria-current=step] tbody th").nth(1)).hasText(UiBrowser.SCRIPT);
        assertThat(page.locator(".lead")).containsText("2 are waited for");
        UiBrowser.assertHarmless(page);
        UiBrowser.assertAccessible(page);
        UiBrowser.picture(page, "ca-waits.png");
        UiBrowser.darkPicture(page, "ca-waits-dark.png");
        UiBrowser.assertFits(page, UiDeskIT.ZOOMED);
        UiBrowser.picture(page, "ca-zoomed.png");
        UiBrowser.widen(page);
        page.unrouteAll();
        page.route(
                Pattern.compile(".*/v1/hansa/ca$"),
                route ->
                        route.fulfill(
                                new Route.FulfillOptions()
                                        .setStatus(403)
                                        .setBody(
                                                "Permission denied: token with AccessorID '1' lacks permission 'ca:read'")));
        assertThat(page.locator(".refused")).containsText("lacks permission 'ca:read'");
        UiBrowser.picture(page, "ca-refused.png");
        page.unrouteAll();
    }
}
