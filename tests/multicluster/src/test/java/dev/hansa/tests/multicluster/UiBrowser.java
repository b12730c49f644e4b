package dev.hansa.tests.multicluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.Media;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A real Chromium. What it complains of, errors of scripts and breaches of the policy, fails the
/// test that has opened the page.
final class UiBrowser implements AutoCloseable {
    /// On a machine that a dozen processes share.
    private static final Duration EFFECT = Duration.ofSeconds(40);

    /// What a stranger's text would do, were it markup.
    static final String SCRIPT = "<img src=x onerror=\"window.hit = 1\"><script>hit()</script>";

    private static final int WIDTH = 1280;
    private static final int HEIGHT = 800;

    private final Playwright playwright;
    private final Browser browser;
    private final List<String> complaints = new ArrayList<>();

    private UiBrowser(Playwright playwright, Browser browser) {
        this.playwright = playwright;
        this.browser = browser;
    }

    /// Skips the test, and says so, where there is no Chromium.
    static UiBrowser start() {
        var chromium = chromium();
        if (chromium.isEmpty()) {
            var sentence =
                    "*** UiIT SKIPPED, nothing was proved: expected a Chromium at /usr/bin/chromium or HANSA_CHROMIUM; found none";
            System.err.println(sentence);
            abort(sentence);
        }
        PlaywrightAssertions.setDefaultAssertionTimeout((double) EFFECT.toMillis());
        var playwright =
                Playwright.create(
                        new Playwright.CreateOptions()
                                .setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
        var browser =
                playwright
                        .chromium()
                        .launch(
                                new BrowserType.LaunchOptions()
                                        .setExecutablePath(chromium.orElseThrow())
                                        .setArgs(
                                                List.of(
                                                        // as root in a container
                                                        "--no-sandbox",
                                                        "--disable-background-networking",
                                                        "--disable-component-update",
                                                        "--disable-gpu",
                                                        "--force-color-profile=srgb")));
        return new UiBrowser(playwright, browser);
    }

    private static Optional<Path> chromium() {
        return Stream.of(System.getenv().getOrDefault("HANSA_CHROMIUM", ""), "/usr/bin/chromium")
                .filter(name -> !name.isEmpty())
                .map(Path::of)
                .filter(Files::isExecutable)
                .findFirst();
    }

    /// A window of its own, as another operator's.
    Page open(String address) {
        BrowserContext context =
                browser.newContext(
                        new Browser.NewContextOptions()
                                // an operator's own authority, which no browser here knows
                                .setIgnoreHTTPSErrors(true)
                                .setViewportSize(WIDTH, HEIGHT));
        context.setDefaultTimeout((double) EFFECT.toMillis());
        var page = context.newPage();
        page.onPageError(error -> complaints.add(page.url() + ": " + error));
        page.onConsoleMessage(message -> {
            // what the server refuses is shown in the page; the browser notes it as well
            if (List.of("error", "warning").contains(message.type())
                    && !message.text().startsWith("Failed to load resource")) {
                complaints.add(page.url() + ": " + message.text());
            }
        });
        page.navigate(address);
        return page;
    }

    /// How long it takes to scroll a page to its end and to draw it there: the best of three, since
    /// others have the processor in between.
    static double scrolledMillis(Page page) {
        var millis =
                (Number)
                        page.evaluate(
                                """
                                async () => {
                                  const drawn = async () => {
                                    for (let frame = 0; frame < 3; frame++) {
                                      await new Promise(requestAnimationFrame);
                                    }
                                  };
                                  let best = Infinity;
                                  for (let i = 0; i < 3; i++) {
                                    scrollTo(0, 0);
                                    await drawn();
                                    const begun = performance.now();
                                    scrollTo(0, 100000);
                                    await drawn();
                                    best = Math.min(best, performance.now() - begun);
                                  }
                                  return best;
                                }
                                """);
        return millis.doubleValue();
    }

    static Locator button(Page page, String name) {
        return page.getByRole(
                AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
    }

    /// To one of the pages, as an operator goes there.
    static void go(Page page, String name) {
        page.getByRole(AriaRole.NAVIGATION, new Page.GetByRoleOptions().setName("Pages"))
                .getByRole(AriaRole.LINK, new Locator.GetByRoleOptions().setName(name))
                .click();
        PlaywrightAssertions.assertThat(page)
                .hasTitle(Pattern.compile(name + " · (eks|lke) · Hansa"));
        assertAccessible(page);
    }

    /// No text has become markup, and no script of a stranger has run.
    static void assertHarmless(Page page) {
        assertThat(page.evaluate("window.hit")).isNull();
        assertThat(page.locator("main img, main script, dialog img, dialog script").count())
                .isZero();
    }

    /// Nothing of the page itself is to be found only by scrolling sideways.
    static void assertFits(Page page, int width) {
        page.setViewportSize(width, HEIGHT);
        assertThat(
                        page.evaluate(
                                "() => Math.max(...[document.documentElement, document.querySelector('main')].map(one => one.scrollWidth - one.clientWidth))"))
                .as("pixels too many at a width of " + width + " on " + page.url())
                .isEqualTo(0);
    }

    static void widen(Page page) {
        page.setViewportSize(WIDTH, HEIGHT);
    }

    /// Into `target/ui`, for people to look at.
    static void picture(Page page, String name) throws IOException {
        page.screenshot(new Page.ScreenshotOptions().setPath(Checkout.target("ui/" + name)));
    }

    static void darkPicture(Page page, String name) throws IOException {
        page.emulateMedia(
                new Page.EmulateMediaOptions()
                        .setColorScheme(ColorScheme.DARK)
                        .setMedia(Media.SCREEN));
        picture(page, name);
        page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(ColorScheme.LIGHT));
    }

    /// What somebody needs who sees no page or has no mouse.
    static void assertAccessible(Page page) {
        assertThat(page.locator("html").getAttribute("lang")).isEqualTo("en");
        assertThat(page.locator("main h1").count()).as("headings of " + page.url()).isEqualTo(1);
        var nameless =
                page.evaluate(
                        """
                        () => [...document.querySelectorAll('input, select, textarea, button, a, [role=img]')]
                            .filter(one => !(one.labels?.length || one.getAttribute('aria-label') || one.textContent.trim()))
                            .map(one => one.outerHTML)
                        """);
        assertThat((List<?>) nameless).as("controls without a name on " + page.url()).isEmpty();
        for (var scheme : List.of(ColorScheme.DARK, ColorScheme.LIGHT)) {
            page.emulateMedia(
                    new Page.EmulateMediaOptions().setColorScheme(scheme).setMedia(Media.SCREEN));
            assertThat((List<?>) page.evaluate(PALE))
                    .as("contrast too low on " + page.url() + ", " + scheme)
                    .isEmpty();
        }
    }

    /// Texts that are hard to read on what stands behind them, those of drawings too (below 4.5),
    /// and controls that are hard to find (below 3): neither their border nor their ground tells.
    private static final String PALE =
            """
            () => {
              const light = rgb => {
                const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
              const rgba = colour => {
                canvas.clearRect(0, 0, 1, 1);
                canvas.fillStyle = colour;
                canvas.fillRect(0, 0, 1, 1);
                return [...canvas.getImageData(0, 0, 1, 1).data];
              };
              const over = (under, [r, g, b, a]) => [r, g, b].map((v, i) => v * a / 255 + under[i] * (1 - a / 255));
              const behind = element => {
                const colours = [];
                for (let one = element; one; one = one.parentElement) {
                  const colour = rgba(getComputedStyle(one).backgroundColor);
                  colours.push(colour);
                  if (colour[3] === 255) {
                    break;
                  }
                }
                return colours.reverse().reduce(over, [255, 255, 255]);
              };
              const behindDrawn = text => {
                const {stroke, paintOrder} = getComputedStyle(text);
                if (paintOrder.startsWith('stroke') && stroke !== 'none') {
                  return rgba(stroke).slice(0, 3);
                }
                let drawing = text.ownerSVGElement;
                while (drawing.ownerSVGElement) {
                  drawing = drawing.ownerSVGElement;
                }
                const box = text.getBoundingClientRect();
                const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                const shapes = [...drawing.querySelectorAll('rect, circle, ellipse, path, polygon')]
                  .filter(one => one.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING)
                  .filter(one => {
                    const {left, right, top, bottom} = one.getBoundingClientRect();
                    return left <= x && x <= right && top <= y && y <= bottom && getComputedStyle(one).fill !== 'none';
                  });
                return shapes.map(one => rgba(getComputedStyle(one).fill)).reduce(over, behind(drawing));
              };
              const contrast = (one, other) => {
                const [a, b] = [light(one), light(other)].sort((x, y) => y - x);
                return (a + 0.05) / (b + 0.05);
              };
              const faint = [...document.querySelectorAll('#app :is(input, select, textarea, button, a.button, .choice, .textbox):not(:disabled)')]
                .filter(one => one.checkVisibility() && parseFloat(getComputedStyle(one).borderTopWidth) > 0)
                .map(one => {
                  const outside = behind(one.parentElement);
                  const border = over(outside, rgba(getComputedStyle(one).borderTopColor));
                  return [Math.max(contrast(border, outside), contrast(behind(one), outside)), one.outerHTML.slice(0, 60)];
                })
                .filter(([found]) => found < 3);
              const pale = [...document.querySelectorAll('#app *')]
                .filter(one => (!(one instanceof SVGElement) || one instanceof SVGTextElement) && one.checkVisibility() && !one.closest('button:disabled'))
                .filter(one => [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
                .map(one => {
                  const isDrawn = one instanceof SVGTextElement;
                  const colour = getComputedStyle(one)[isDrawn ? 'fill' : 'color'];
                  return [contrast(rgba(colour).slice(0, 3), isDrawn ? behindDrawn(one) : behind(one)), one.textContent.trim().slice(0, 30)];
                })
                .filter(([found]) => found < 4.5);
              return [...faint, ...pale].map(([found, what]) => what + ': ' + found.toFixed(2));
            }
            """;

    /// Whoever has no mouse comes to everything that can be used, in the order in which it stands,
    /// and sees where he is; and past what is the same on every page.
    static void assertReachable(Page page) {
        fromTheBeginning(page);
        page.keyboard().press("Tab");
        var skip = page.locator("a.skip");
        PlaywrightAssertions.assertThat(skip).isFocused();
        PlaywrightAssertions.assertThat(skip).isInViewport();
        page.keyboard().press("Enter");
        PlaywrightAssertions.assertThat(page.locator("main")).isFocused();
        page.keyboard().press("Tab");
        assertThat(page.evaluate("() => Boolean(document.activeElement.closest('main'))"))
                .as("after what is skipped on " + page.url())
                .isEqualTo(true);

        fromTheBeginning(page);
        var number = (int) page.evaluate("() => { " + REACHABLE + " return reachable().length; }");
        for (var i = 0; i < number; i++) {
            page.keyboard().press("Tab");
            var found =
                    page.evaluate(
                            "() => { "
                                    + REACHABLE
                                    + """
                                      const {outlineStyle, outlineWidth} = getComputedStyle(document.activeElement);
                                      return reachable().indexOf(document.activeElement) + (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0 ? '' : ' unseen') + ' ' + document.activeElement.outerHTML.slice(0, 80);
                                    }
                                    """);
            assertThat(String.valueOf(found))
                    .as("after " + (i + 1) + " of " + number + " steps on " + page.url())
                    .startsWith(i + " <");
        }
    }

    private static final String REACHABLE =
            """
            const reachable = () => [...document.querySelectorAll('#app :is(a[href], button, input, select, textarea, summary, [tabindex="0"])')]
              .filter(one => !one.disabled && one.checkVisibility());
            """;

    private static void fromTheBeginning(Page page) {
        page.evaluate(
                """
                () => {
                  document.body.tabIndex = -1;
                  document.body.focus();
                  document.body.removeAttribute('tabindex');
                }
                """);
    }

    List<String> complaints() {
        return List.copyOf(complaints);
    }

    @Override
    public void close() {
        browser.close();
        playwright.close();
    }
}
