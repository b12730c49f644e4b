package dev.hansa.peering.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hansa.peering.acl.Level;
import dev.hansa.peering.acl.Resource;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/// A need that the document names, such as `service:write`, and rules that give some of them.
record Right(Resource resource, Level level) {
    static Right of(String text) {
        var words = text.split(":");
        var resource =
                Stream.of(Resource.values())
                        .filter(each -> each.word().equals(words[0]))
                        .findFirst()
                        .orElseThrow();
        var level = Level.valueOf(words[1].toUpperCase(Locale.ROOT));
        assertThat(level).as(text).isNotEqualTo(Level.DENY);
        return new Right(resource, level);
    }

    private Level weaker() {
        return level == Level.WRITE ? Level.READ : Level.DENY;
    }

    @Override
    public String toString() {
        return resource.word() + ":" + level.word();
    }

    static Map<Resource, Level> nothing() {
        var levels = new EnumMap<Resource, Level>(Resource.class);
        Stream.of(Resource.values()).forEach(each -> levels.put(each, Level.DENY));
        return levels;
    }

    static Map<Resource, Level> exactly(Collection<Right> rights) {
        var levels = nothing();
        for (var right : rights) {
            levels.merge(
                    right.resource(),
                    right.level(),
                    (one, other) -> one.compareTo(other) > 0 ? one : other);
        }
        return levels;
    }

    static Map<Resource, Level> everythingBut(Right right) {
        var levels = new EnumMap<Resource, Level>(Resource.class);
        Stream.of(Resource.values()).forEach(each -> levels.put(each, Level.WRITE));
        levels.put(right.resource(), right.weaker());
        return levels;
    }

    static String rules(Map<Resource, Level> levels) {
        var text = new StringBuilder();
        var intentions = levels.getOrDefault(Resource.INTENTIONS, Level.DENY).word();
        levels.forEach((resource, level) -> {
            var word = level.word();
            text.append(
                    switch (resource) {
                        case INTENTIONS -> "";
                        case SERVICE ->
                                "service_prefix \"\" { policy = \"%s\" intentions = \"%s\" }\n"
                                        .formatted(word, intentions);
                        case AGENT, NODE ->
                                "%s_prefix \"\" { policy = \"%s\" }\n"
                                        .formatted(resource.word(), word);
                        case ACL, OPERATOR, CA, MESH, PEERING ->
                                "%s = \"%s\"\n".formatted(resource.word(), word);
                    });
        });
        return text.toString();
    }
}
