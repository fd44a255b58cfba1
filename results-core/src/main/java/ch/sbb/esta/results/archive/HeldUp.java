package ch.sbb.esta.results.archive;

/** Something keeps a run in its batch for the next round. */
final class HeldUp extends Exception {

    private static final long serialVersionUID = 1L;

    private final Throwable reason;

    HeldUp(Throwable reason) {
        super(reason);
        this.reason = reason;
    }

    Throwable reason() {
        return reason;
    }
}
