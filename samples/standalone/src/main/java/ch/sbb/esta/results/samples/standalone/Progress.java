package ch.sbb.esta.results.samples.standalone;

import java.util.function.Supplier;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar on the standard error stream: runs as steps, log lines beside them. */
final class Progress implements AutoCloseable {

    private static final int REDRAW_MILLIS = 500;

    private final ProgressBar bar;
    private final Supplier<String> extra;

    /** A negative size is one that nobody knows. */
    Progress(String name, int size, Supplier<String> extra) {
        this.extra = extra;
        this.bar = new ProgressBarBuilder()
                .setTaskName(name)
                .setInitialMax(size)
                .setUpdateIntervalMillis(REDRAW_MILLIS)
                .setStyle(ProgressBarStyle.ASCII)
                .build();
    }

    void update(int done) {
        bar.setExtraMessage(" " + extra.get());
        bar.stepTo(done);
    }

    @Override
    public void close() {
        bar.setExtraMessage(" " + extra.get());
        bar.close();
    }
}
