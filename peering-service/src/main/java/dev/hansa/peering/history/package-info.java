/// What has happened of late, as this server has seen it, for whoever looks.
@NullMarked
package dev.hansa.peering.history;

import org.jspecify.annotations.NullMarked;
