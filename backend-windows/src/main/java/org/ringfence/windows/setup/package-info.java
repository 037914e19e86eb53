/**
 * The machine state that an administrator sets up once: accounts, rights, firewall and filters, and
 * how Ringfence verifies, repairs and removes them.
 */
package org.ringfence.windows.setup;
