package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ResultsException;

/** Somebody else changed an object after it was read: nothing is wrong, it must be read again. */
final class OutdatedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    OutdatedException(ResultsException cause) {
        super(cause);
    }
}
