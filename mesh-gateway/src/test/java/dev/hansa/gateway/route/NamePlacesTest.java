package dev.hansa.gateway.route;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NamePlacesTest {
    @Test
    void oneNameLeavesThePlacesOfTheOthers() {
        var places = new NamePlaces(2);

        assertThat(places.take("a")).isTrue();
        assertThat(places.take("a")).isTrue();
        assertThat(places.take("a")).isFalse();
        assertThat(places.take("a")).isFalse();
        assertThat(places.take("b")).isTrue();

        places.giveBack("a");
        assertThat(places.take("a")).isTrue();
        assertThat(places.take("a")).isFalse();
    }
}
