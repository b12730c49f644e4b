package dev.hansa.gateway.wire;

import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A [Parting] on a bare socket. On its loop only.
final class RawParting implements RawEnd.Watcher {
    private final RawEnd end;
    private int dropped;
    private @Nullable ScheduledFuture<?> timer;
    private boolean over;

    private RawParting(RawEnd end) {
        this.end = end;
    }

    /// Says FIN after what was written last, and closes soon. Nothing is thrown.
    static void begin(RawEnd end) {
        if (!Parting.mayBegin()) {
            end.leave();
            return;
        }
        var parting = new RawParting(end);
        try {
            end.shutdownOutput();
            end.watch(parting);
            parting.timer =
                    end.loop()
                            .loop()
                            .schedule(
                                    parting::leave,
                                    Parting.PATIENCE.toMillis(),
                                    TimeUnit.MILLISECONDS);
            // what has come already
            end.look();
        } catch (IOException | RuntimeException e) {
            parting.leave();
        }
    }

    @Override
    public void changed(RawEnd changed) {
        try {
            while (!over && end.isReadable()) {
                var scratch = end.loop().scratch();
                var count = end.read(scratch, 0, Math.min(scratch.capacity(), Parting.MOST));
                dropped += Math.max(count, 0);
                if (count < 0 || dropped > Parting.MOST) {
                    leave();
                }
            }
            if (end.isBroken()) {
                leave();
            }
        } catch (IOException e) {
            leave();
        }
    }

    private void leave() {
        if (!over) {
            over = true;
            Parting.over();
            if (timer != null) {
                timer.cancel(false);
            }
            end.leave();
        }
    }
}
