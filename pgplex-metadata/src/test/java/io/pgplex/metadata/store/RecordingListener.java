package io.pgplex.metadata.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Keeps what a watch told, for tests to wait for. */
public final class RecordingListener implements WatchListener {

    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final List<List<WatchEvent>> calls = new ArrayList<>();
    private final List<MetadataException> losses = new ArrayList<>();

    @Override
    public synchronized void changed(List<WatchEvent> events) {
        calls.add(List.copyOf(events));
        notifyAll();
    }

    @Override
    public synchronized void lost(MetadataException reason) {
        losses.add(reason);
        notifyAll();
    }

    public synchronized List<List<WatchEvent>> calls() {
        return List.copyOf(calls);
    }

    public synchronized List<WatchEvent> events() {
        return calls.stream().flatMap(List::stream).toList();
    }

    public synchronized List<MetadataException> losses() {
        return List.copyOf(losses);
    }

    public void awaitEvents(int count) throws InterruptedException {
        assertThat(await(() -> events().size() >= count, WAIT_NANOS))
                .as("%s events", count)
                .isTrue();
    }

    public void awaitLoss() throws InterruptedException {
        assertThat(await(() -> !losses.isEmpty(), WAIT_NANOS)).as("loss").isTrue();
    }

    public boolean firstEventWithin(Duration time) throws InterruptedException {
        return await(() -> !calls.isEmpty(), time.toNanos());
    }

    private synchronized boolean await(BooleanSupplier condition, long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        while (!condition.getAsBoolean()) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            wait(TimeUnit.NANOSECONDS.toMillis(left) + 1);
        }
        return true;
    }

    /** Keeps the leaders that an election's observer was told. */
    static final class Names implements Consumer<String> {
        private final List<String> seen = new ArrayList<>();

        @Override
        public synchronized void accept(String name) {
            seen.add(name);
            notifyAll();
        }

        synchronized List<String> seen() {
            return new ArrayList<>(seen);
        }

        synchronized void await(String name) throws InterruptedException {
            long deadline = System.nanoTime() + WAIT_NANOS;
            while (!seen.contains(name)) {
                assertThat(System.nanoTime()).as("waiting for %s", name).isLessThan(deadline);
                wait(100);
            }
        }
    }
}
