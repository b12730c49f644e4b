package dev.hansa.tests.multicluster;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class MainStoryIT {
    /// The story takes a minute on an idle machine; a build may have to come first.
    private static final long LIMIT_SECONDS = 600;

    @Test
    void datacentersPeerExportAndFailOver() throws IOException, InterruptedException {
        var report = Checkout.target("r.json");

        var ended =
                Checkout.run(
                        Checkout.target("main-story.log"),
                        LIMIT_SECONDS,
                        "demo",
                        "--once",
                        "--report",
                        report.toString());

        Story.assertTold(ended, report);
    }
}
