/** A sample of a backend outside this project, which needs the interfaces of the API alone. */
package com.example.plain;
