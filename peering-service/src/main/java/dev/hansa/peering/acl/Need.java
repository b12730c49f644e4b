package dev.hansa.peering.acl;

import dev.hansa.bootstrap.ForeignText;

/// One thing that a caller must be allowed to do.
///
/// @param name empty where the resource has no names
public record Need(Resource resource, String name, Level level) {
    public static Need read(Resource resource, String name) {
        return new Need(resource, name, Level.READ);
    }

    public static Need write(Resource resource, String name) {
        return new Need(resource, name, Level.WRITE);
    }

    public static Need read(Resource resource) {
        return read(resource, "");
    }

    public static Need write(Resource resource) {
        return write(resource, "");
    }

    /// As Consul's refusals name it: `'service:write' on "web"`.
    @Override
    public String toString() {
        var what = "'" + resource.word() + ":" + level.word() + "'";
        return name.isEmpty() ? what : what + " on \"" + ForeignText.shown(name) + "\"";
    }
}
