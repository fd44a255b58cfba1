/** Blobs on S3 and on stores that speak its protocol, over the AWS SDK. */
@NullMarked
package ch.sbb.esta.results.s3;

import org.jspecify.annotations.NullMarked;
