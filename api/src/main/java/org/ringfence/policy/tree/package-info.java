/** Directory trees of paths, apart from any policy. */
package org.ringfence.policy.tree;
