package ch.sbb.esta.results.internal;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.Logger;
import org.slf4j.MDC;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMDCAdapter;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.simple.SimpleServiceProvider;
import org.slf4j.spi.MDCAdapter;

/**
 * The simple backend with an MDC, which it lacks, and with appenders that keep warnings and errors, also those that are not printed. The build names it in
 * {@code slf4j.provider}.
 */
public final class CapturingLogs extends SimpleServiceProvider {

    private static final List<Appender> APPENDERS = new CopyOnWriteArrayList<>();

    private final MDCAdapter mdc = new BasicMDCAdapter();

    /** What was logged, and what the MDC held then. */
    record Event(Level level, String message, Map<String, String> fields) {}

    /** Keeps the events of all threads until it is closed. */
    static final class Appender implements AutoCloseable {

        private final List<Event> events = new CopyOnWriteArrayList<>();

        static Appender open() {
            Appender appender = new Appender();
            APPENDERS.add(appender);
            return appender;
        }

        Optional<Event> find(String part) {
            return events.stream().filter(event -> event.message.contains(part)).findFirst();
        }

        @Override
        public void close() {
            APPENDERS.remove(this);
        }
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return mdc;
    }

    @Override
    public ILoggerFactory getLoggerFactory() {
        ILoggerFactory printing = super.getLoggerFactory();
        return name -> new Capturing(name, printing.getLogger(name));
    }

    private static final class Capturing extends LegacyAbstractLogger {

        private final transient Logger printing;

        Capturing(String name, Logger printing) {
            this.name = name;
            this.printing = printing;
        }

        @Override
        public boolean isTraceEnabled() {
            return printing.isTraceEnabled();
        }

        @Override
        public boolean isDebugEnabled() {
            return printing.isDebugEnabled();
        }

        @Override
        public boolean isInfoEnabled() {
            return printing.isInfoEnabled();
        }

        @Override
        public boolean isWarnEnabled() {
            return printing.isWarnEnabled() || !APPENDERS.isEmpty();
        }

        @Override
        public boolean isErrorEnabled() {
            return printing.isErrorEnabled() || !APPENDERS.isEmpty();
        }

        @Override
        protected String getFullyQualifiedCallerName() {
            return Capturing.class.getName();
        }

        @Override
        protected void handleNormalizedLoggingCall(
                Level level,
                @Nullable Marker marker,
                String pattern,
                @Nullable Object @Nullable [] arguments,
                @Nullable Throwable thrown) {
            String message = MessageFormatter.basicArrayFormat(pattern, arguments);
            @Nullable Map<String, String> fields = MDC.getCopyOfContextMap();
            Event event = new Event(level, message, fields == null ? Map.of() : Map.copyOf(fields));
            APPENDERS.forEach(appender -> appender.events.add(event));
            printing.atLevel(level).setCause(thrown).log(message);
        }
    }
}
