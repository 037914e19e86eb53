/**
 * What an administrator sets up once: accounts, rights, firewall, filters, and how all of it is
 * found, mended and taken back.
 */
package org.ringfence.windows.setup;
